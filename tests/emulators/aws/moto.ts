import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { answers, freePort } from './ports.ts';

/** Why moto's server cannot run on this machine; undefined where it can. It is Python's: nothing installs it here. */
export function motoNotRun(): string | undefined {
  try {
    execFileSync('moto_server', ['--help'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no moto_server on the PATH';
  }
}

const STARTED_WITHIN_MS = 30_000;

/** An implementation of many services of AWS by others than us: where it runs, our stand-ins are checked by it. */
export async function startMoto(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + STARTED_WITHIN_MS; !(await answers(url)); await pause(100)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error('moto_server did not start');
  }
  return {
    url,
    async stop() {
      // A shim may have started it: end whatever belongs to it.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await ended;
    },
  };
}
