import { createInterface } from 'node:readline/promises';
import { UsageError } from '../command.ts';

export interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
}

/** Throws unless somebody types the name. `otherwise` is what to do where nobody can. */
export async function confirm(name: string, otherwise: string, { stdin, stderr }: Terminal = process): Promise<void> {
  if (!stdin.isTTY) throw new UsageError(`there is no terminal to ask on: ${otherwise}`);
  const terminal = createInterface({ input: stdin, output: stderr });
  // At the end of the input (control-D) the question would wait for good.
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    const answer = terminal.question(`All of this is deleted for good. Type ${name} to go on: `);
    if ((await Promise.race([answer, ended])) !== name) {
      throw new Error(`nothing was deleted: the answer was not ${name}`);
    }
  } finally {
    terminal.close();
  }
}
