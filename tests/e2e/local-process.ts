import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** `npm start` as a process of its own, as its users have it. */
export interface LocalProcess {
  readonly url: string;
  /** Milliseconds from the start of the process until it answered a request. */
  readonly readyAfterMs: number;
  /** Log lines so far, as they were printed. */
  readonly logs: readonly string[];
  /** Ends the process by `signal` and answers its exit code, null when the signal killed it. */
  end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null>;
}

const FLAGS = ['--import', './scripts/prelude.mjs', '--disable-warning=ExperimentalWarning'];

/** Starts it and waits until it answers; fails with what it printed when it ends before that. */
export async function startProcess(environment: Readonly<Record<string, string>>): Promise<LocalProcess> {
  const started = performance.now();
  const child = spawnPlatform(environment);
  const logs: string[] = [];
  const url = await readyUrl(child, logs);
  const response = await fetch(`${url}/healthz`);
  if (!response.ok) throw new Error(`not healthy: ${response.status}`);
  return {
    url,
    readyAfterMs: performance.now() - started,
    logs,
    async end(signal) {
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}

/** Starts it and kills it after so many milliseconds, ready or not. */
export async function killWhileStarting(environment: Readonly<Record<string, string>>, afterMs: number): Promise<void> {
  const child = spawnPlatform(environment);
  const ended = once(child, 'exit');
  await pause(afterMs);
  child.kill('SIGKILL');
  await ended;
}

function spawnPlatform(environment: Readonly<Record<string, string>>) {
  return spawn(process.execPath, [...FLAGS, 'functions/local/main.ts'], {
    env: { ...process.env, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function readyUrl(child: ChildProcess, logs: string[]): Promise<string> {
  const errors: string[] = [];
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('close', (code) => reject(new Error(`ended with ${code}: ${errors.join('')}`)));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      logs.push(line);
      const { url, msg } = JSON.parse(line);
      if (msg === 'local platform is ready') resolve(url);
    });
  });
}

/** Runs a command of package.json's scripts as a process and answers how it ended. */
export async function runScript(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  directory: string = process.cwd(),
  /** What is typed; the end of it where it is empty. */
  input = '',
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [...FLAGS, file, ...args], {
    cwd: directory,
    env: { ...process.env, ...environment },
  });
  child.stdin.end(input);
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    out.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    out.stderr += String(chunk);
  });
  const [code] = await once(child, 'close');
  return { code, ...out };
}
