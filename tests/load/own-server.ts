import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessUsage } from './process-usage.ts';

/** A server in a process of its own, so that what it takes can be told from what its clients take. */
export interface OwnServer {
  readonly url: string;
  readonly pid: number;
  /** Where the platform keeps its data; `:memory:` when it keeps nothing. */
  readonly dataFile: string;
  /** What it has logged, each message with how often it came. */
  readonly logged: ReadonlyMap<string, number>;
  /** Aborts when the process ends before `stop`, with a reason that says how. */
  readonly failed: AbortSignal;
  usage(): Promise<ProcessUsage | undefined>;
  /** Ends it in good order; its data is still there. */
  stop(): Promise<void>;
  removeData(): void;
}

const PLATFORM = 'functions/local/main.ts';
const FLAGS = ['--import', './scripts/prelude.mjs', '--disable-warning=ExperimentalWarning'];
/** Lets this process ask the server for its memory, and ends the server when this process is gone. */
const LINK = ['--import', './tests/load/process-usage.ts'];
const READY_MS = 20_000;
const STOP_MS = 15_000;
const ANSWER_MS = 2_000;

export interface OwnServerOptions {
  /** What is started, when it is not `npm start`: it listens on PORT and answers at /healthz. */
  readonly file?: string;
  readonly storage?: 'sqlite' | 'memory';
}

/** Starts `npm start` (or another file) with temporary data on a free port, and waits until it answers. */
export async function startOwnServer(options: OwnServerOptions = {}): Promise<OwnServer> {
  const { file = PLATFORM, storage = 'sqlite' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-load-'));
  const dataFile = storage === 'memory' ? ':memory:' : join(folder, 'orders.sqlite');
  const removeData = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeData);
  const port = await freePort();
  const child = spawn(process.execPath, [...FLAGS, ...LINK, file], {
    // It logs what goes wrong alone; so its address is not in its log, and the port is chosen here.
    env: { ...process.env, PORT: String(port), DATA_FILE: dataFile, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A Ctrl-C is for this process, which stops the server when it is done with it.
    detached: true,
  });
  const logged = new Map<string, number>();
  const errors: string[] = [];
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => count(logged, line));
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)));
  const failed = new AbortController();
  let stopping = false;
  child.once('exit', (code, signal) => {
    if (!stopping) failed.abort(new Error(`the server ended (${signal ?? code}): ${errors.join('')}`));
  });
  async function stop(): Promise<void> {
    stopping = true;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(late);
  }
  const url = `http://127.0.0.1:${port}`;
  await answering(url, failed.signal).catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    url,
    pid: child.pid ?? 0,
    dataFile,
    logged,
    failed: failed.signal,
    stop,
    async usage() {
      if (!child.connected) return undefined;
      const answer = once(child, 'message', { signal: AbortSignal.timeout(ANSWER_MS) });
      // Where the channel closes at this moment, there is no answer either.
      child.send('usage', () => undefined);
      return answer.then(
        ([usage]) => usage as ProcessUsage,
        () => undefined,
      );
    },
    removeData() {
      process.removeListener('exit', removeData);
      removeData();
    },
  };
}

async function answering(url: string, failed: AbortSignal): Promise<void> {
  const end = performance.now() + READY_MS;
  while (performance.now() < end) {
    failed.throwIfAborted();
    const response = await fetch(`${url}/healthz`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await pause(50);
  }
  throw new Error(`the server does not answer at ${url}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function count(logged: Map<string, number>, line: string): void {
  const message = messageOf(line);
  logged.set(message, (logged.get(message) ?? 0) + 1);
}

function messageOf(line: string): string {
  try {
    return String(JSON.parse(line).msg);
  } catch {
    return line;
  }
}
