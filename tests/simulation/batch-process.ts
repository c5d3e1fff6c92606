import { type Batch, type BatchResult, runBatch } from './batch.ts';
import { explain, type HistoryName } from './explain.ts';

export type Request = { readonly batch: Batch } | { readonly explain: HistoryName };
export type Answer = { readonly result: BatchResult } | { readonly report: string } | { readonly error: string };

/** A process that does what it is asked, one thing after the other, until whoever started it hangs up. */
process.on('message', (request: Request) => {
  answer(request).then(send, (error: unknown) =>
    send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit());

// A stack takes most of the time that an error takes, and nobody reads those of planned faults.
Error.stackTraceLimit = 0;

async function answer(request: Request): Promise<Answer> {
  if ('batch' in request) return { result: await runBatch(request.batch) };
  return { report: await explain(request.explain) };
}

function send(answer: Answer): void {
  process.send?.(answer);
}
