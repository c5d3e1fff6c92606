import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface SqliteChild {
  /** The next line that the child prints. Fails when it ends instead. */
  nextLine(): Promise<string>;
  /** Kills it with SIGKILL and waits until it is gone. Answers the lines that nobody has read. */
  kill(): Promise<readonly string[]>;
}

const running = new Set<ChildProcess>();

/** Starts `sqlite-child.ts` on the file. */
export function startChild(file: string): SqliteChild {
  const script = fileURLToPath(new URL('./sqlite-child.ts', import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  return {
    async nextLine() {
      const { value, done } = await lines.next();
      if (done) throw new Error('the child has ended');
      return value;
    },
    async kill() {
      await killed(child);
      const unread: string[] = [];
      for (let line = await lines.next(); !line.done; line = await lines.next()) unread.push(line.value);
      return unread;
    },
  };
}

/** For the end of a test: leaves no child behind. */
export async function killChildren(): Promise<void> {
  await Promise.all([...running].map((child) => killed(child)));
}

async function killed(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
