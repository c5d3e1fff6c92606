/** What a command says when it was called the wrong way. It ends with exit code 2, anything else that fails with 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs a command; an error is told in one line, without a stack: it is for whoever called the command. */
export async function runCommand(name: string, main: () => Promise<void>): Promise<void> {
  process.stdout.on('error', endWithReader);
  try {
    await main();
  } catch (error) {
    const usage = error instanceof UsageError || isBadOption(error);
    const hint = usage ? ` (npm run ${name} -- --help says how)` : '';
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : error}${hint}\n`);
    process.exitCode = usage ? 2 : 1;
  }
}

/** Whoever reads the output (`| head`) has seen enough. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

/** Node's own words for an option that there is not. */
function isBadOption(error: unknown): boolean {
  return error instanceof TypeError && String(Reflect.get(error, 'code')).startsWith('ERR_PARSE_ARGS');
}
