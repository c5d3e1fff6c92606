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
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${name}: ${message.split('\n').map(plain).join('\n')}${hint}\n`);
    process.exitCode = usage ? 2 : 1;
  }
}

/** In one line, and without anything that controls a terminal: what was sent to the platform may hold whatever it likes. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** JSON for a terminal or a pipe, in which nothing controls the former. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, escaped);
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** Whoever reads the output (`| head`) has seen enough. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

/** Node's own words for an option that there is not. */
function isBadOption(error: unknown): boolean {
  return error instanceof TypeError && String(Reflect.get(error, 'code')).startsWith('ERR_PARSE_ARGS');
}
