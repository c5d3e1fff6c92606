import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getAbsoluteFSPath } from 'swagger-ui-dist';

const ASSETS: readonly string[] = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** A file of the API's docs page, from the package that ships it. */
export async function docsAsset(name: string): Promise<Uint8Array | undefined> {
  return ASSETS.includes(name) ? await readFile(join(getAbsoluteFSPath(), name)) : undefined;
}
