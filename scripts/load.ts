import { writeFile } from 'node:fs/promises';
import { loadOptions } from '../tests/load/options.ts';
import { reportText, succeeded } from '../tests/load/report.ts';
import { runLoad } from '../tests/load/run-load.ts';
import { totalMs } from '../tests/load/stages.ts';

const HELP = `npm run load [-- --scale F] [--users N] [--hold TIME] [--url URL] [--json FILE]

Lets users place orders and look at them, as many as it takes to see how the platform bears it: 2 minutes up to 100 users, 5 minutes
with them, 2 minutes up to 1000, 5 minutes with them, 2 minutes down. Kitchens confirm every order once it is paid. Starts "npm start"
as a process of its own with temporary data, and removes that at the end. Exits 1 unless p95 is below 500 ms, fewer than 1 % of
requests fail, and every order that was acknowledged was charged exactly once and confirmed.

  --scale F              multiplies the times: 0.1 takes 96 s
  --users N              users at the peak, 1000; before that a tenth of them
  --hold TIME            a long run instead: up, so long at the peak, and down; for example --users 100 --hold 30m
  --url URL              a platform that runs already, such as http://127.0.0.1:3000
  --token TOKEN          what all users show; otherwise each gets one from /dev/token
  --kitchen-token TOKEN  what the kitchens show (an operator's); otherwise each gets one from /dev/token
  --json FILE            writes the report there, too

Ctrl-C ends the run early and reports what was done; a second one ends it at once.
`;

async function main(): Promise<void> {
  const options = loadOptions(process.argv.slice(2));
  if (options === 'help') return void process.stdout.write(HELP);
  const minutes = (totalMs(options.stages) / 60_000).toFixed(1);
  print(
    `Up to ${options.users} users for ${minutes} minutes, against ${options.url ?? 'npm start with temporary data'} ...`,
  );
  const report = await runLoad(options, { print, signal: stopOnSignal() });
  print(`\n${reportText(report)}`);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = succeeded(report) ? 0 : 1;
}

/** The first signal stops in good order; a second one does not wait for that. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1);
      print('stopping ...');
      stop.abort();
    });
  }
  return stop.signal;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
