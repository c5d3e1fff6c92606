import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Batch, BatchResult } from './batch.ts';
import type { Answer, Request } from './batch-process.ts';
import type { HistoryName } from './explain.ts';

export interface BatchesOptions {
  /** The root of the source to run; left out, where this process stands. */
  readonly directory?: string;
  /** Left out, one for each core. */
  readonly processes?: number;
  /** Called with each result, in the order of the batches; `false` ends the run. */
  readonly onResult: (result: BatchResult) => boolean;
}

/**
 * Runs batches in processes of their own, and hands over the results in the order of the batches, so that nothing depends on
 * which process is faster. The processes are gone when it resolves or fails.
 */
export async function runBatches(batches: Iterable<Batch>, options: BatchesOptions): Promise<void> {
  const { directory = process.cwd(), processes = availableParallelism() } = options;
  const children = Array.from({ length: processes }, () => start(directory));
  const waiting = Iterator.from(batches);
  const results = new Map<number, BatchResult>();
  let [taken, reported, goesOn] = [0, 0, true];

  function report(): void {
    for (let result = results.get(reported); goesOn && result; result = results.get(reported)) {
      results.delete(reported);
      reported += 1;
      goesOn = options.onResult(result);
    }
  }

  async function work(child: ChildProcess): Promise<void> {
    while (goesOn) {
      const { done, value } = waiting.next();
      if (done) return;
      const mine = taken;
      taken += 1;
      results.set(mine, resultOf(await ask(child, { batch: value })));
      report();
    }
  }

  try {
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) child.kill();
  }
}

/** What went wrong in one history, in the words of `explain`, by the source in `directory`. */
export async function explainIn(directory: string, name: HistoryName): Promise<string> {
  const child = start(directory);
  try {
    const answer = await ask(child, { explain: name });
    if ('report' in answer) return answer.report;
    throw new Error(`seed ${name.seed} could not be explained: ${'error' in answer ? answer.error : 'no report'}`);
  } finally {
    child.kill();
  }
}

function start(directory: string): ChildProcess {
  return fork(join(directory, 'tests/simulation/batch-process.ts'), {
    cwd: directory,
    // Short-lived objects by the million: with more room for them the collector runs less often.
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=64'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

async function ask(child: ChildProcess, request: Request): Promise<Answer> {
  const words: Buffer[] = [];
  const listen = (chunk: Buffer) => words.push(chunk);
  child.stderr?.on('data', listen);
  const ended = new AbortController();
  const { signal } = ended;
  try {
    child.send(request);
    const answer = once(child, 'message', { signal });
    const gone = once(child, 'close', { signal }).then(() => {
      const said = Buffer.concat(words).toString().trim().slice(0, 2_000);
      throw new Error(`a process that runs histories is gone${said ? `: ${said}` : ''}`);
    });
    const [message] = await Promise.race([answer, gone]);
    // From `batch-process.ts`, which sends nothing else.
    return message as Answer;
  } finally {
    ended.abort();
    child.stderr?.off('data', listen);
  }
}

function resultOf(answer: Answer): BatchResult {
  if ('result' in answer) return answer.result;
  throw new Error(`histories could not be run: ${'error' in answer ? answer.error : 'no result'}`);
}
