import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const ASSETS: readonly string[] = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** Found, and not imported: the package would load its whole user interface with it. */
const FOLDER = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** A file of the API's docs page, from the package that ships it. */
export async function docsAsset(name: string): Promise<Uint8Array | undefined> {
  return ASSETS.includes(name) ? await readFile(join(FOLDER, name)) : undefined;
}
