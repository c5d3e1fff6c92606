/** Says now and then how far long work is, on stderr. */
export interface Progress {
  at(done: number): void;
  /** How many a second. */
  rate(): string;
  end(): void;
}

/** A line that is written over on a terminal, and now and then a line elsewhere. */
export function startProgress(total: number, what: string): Progress {
  const started = performance.now();
  const terminal = process.stderr.isTTY;
  const every = terminal ? 200 : 15_000;
  let last = started;
  let finished = 0;
  const rate = () => (finished * 1_000) / Math.max(1, performance.now() - started);
  return {
    at(done) {
      finished = done;
      if (performance.now() - last < every) return;
      last = performance.now();
      const left = Math.ceil((total - done) / Math.max(0.001, rate()));
      const line = `${count(done)} of ${count(total)} ${what}, ${rate().toFixed(0)} a second, ${left} s left`;
      process.stderr.write(terminal ? `\r${line.padEnd(70)}` : `${line}\n`);
    },
    rate: () => rate().toFixed(0),
    end() {
      if (terminal) process.stderr.write(`\r${' '.repeat(70)}\r`);
    },
  };
}

function count(value: number): string {
  return value.toLocaleString('en');
}
