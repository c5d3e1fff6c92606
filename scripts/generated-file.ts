import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** A file of the repository that a command writes, wholly or in part. */
export interface GeneratedFile {
  /** The command's name, for error messages. */
  readonly name: string;
  readonly help: string;
  readonly file: string;
  /** What the file has to hold, from what it holds now. */
  readonly write: (present: string) => string;
}

/**
 * The command that writes such a file: `--check` changes nothing and fails on drift, `--file` names another file, `--help` explains.
 * Sets the exit code.
 */
export function generateFile({ name, help, file: standard, write }: GeneratedFile): void {
  try {
    const { values } = parseArgs({
      options: { check: { type: 'boolean' }, file: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return void process.stdout.write(help);
    const file = values.file ?? standard;
    const present = readFileSync(file, { encoding: 'utf8', flag: values.check ? 'r' : 'a+' });
    const text = write(present);
    if (text === present) return;
    if (values.check) throw new Error(`${file} is not up to date: run "npm run generate"`);
    writeFileSync(file, text);
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
