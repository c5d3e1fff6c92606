import { fileURLToPath } from 'node:url';
import { createApp } from '../functions/http/app.ts';
import type { AppDeps } from '../functions/http/app-context.ts';
import { DOCUMENT } from '../functions/http/documentation.ts';
import { generateFile } from './generated-file.ts';

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
  const app = createApp({ corsOrigins: [], operations: {}, provider: { news: {} } } as unknown as AppDeps);
  return `${JSON.stringify(app.getOpenAPI31Document(DOCUMENT), null, 2)}\n`;
}

if (import.meta.main) generateFile({ name: 'openapi', help: HELP, file: FILE, write: openApiText });
