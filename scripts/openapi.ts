import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createApp } from '../functions/http/app.ts';
import type { AppDeps } from '../functions/http/app-context.ts';
import { DOCUMENT } from '../functions/http/documentation.ts';

const HELP = `Writes the OpenAPI document of the HTTP API, as its routes say, into docs/openapi.json.

Usage: npx node scripts/openapi.ts [--check] [--file <path>] [--help]

  --check        change nothing; fail when the file is not what would be written
  --file <path>  another file than docs/openapi.json
  --help         show this
`;

const FILE = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));

/** The document as the file holds it. The same routes always give the same text. */
export function openApiText(): string {
  // Routes are registered here and none is called, so they need nothing of what a platform gives them.
  const app = createApp({ corsOrigins: [] } as unknown as AppDeps);
  return `${JSON.stringify(app.getOpenAPI31Document(DOCUMENT), null, 2)}\n`;
}

/** Answers the exit code. */
function main(args: string[]): number {
  const { values } = parseArgs({
    args,
    options: { check: { type: 'boolean' }, file: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const file = values.file ?? FILE;
  const text = openApiText();
  if (!values.check) {
    writeFileSync(file, text);
    return 0;
  }
  if (readFileSync(file, 'utf8') === text) return 0;
  process.stderr.write(`${file} is not what the routes say. Run \`npm run generate\`.\n`);
  return 1;
}

if (import.meta.main) {
  try {
    process.exitCode = main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`openapi: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
