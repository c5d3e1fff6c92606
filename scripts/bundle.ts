import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Metafile, type OutputFile, type Plugin } from 'esbuild';
import { runCommand, UsageError } from './command.ts';
import { table } from './table.ts';

const HELP = `npm run bundle [-- CLOUD] [--out FOLDER] [--json]

Makes one file of each function with all that it needs, for deployment: dist/<cloud>/<function>/index.cjs, with its source map
beside it, and the policy pack: dist/policy. The same source always gives the same bytes.

  CLOUD         aws; all when left out
  --out FOLDER  another folder than dist
  --json        prints {bundles: [{cloud, name, file, bytes, gzipped, sha256}]}
`;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** By cloud: where the functions' entry points are. */
const ENTRIES: Readonly<Record<string, string>> = { aws: 'functions/aws/lambda' };
/** Beside the entry points, and none of them. */
const NO_ENTRIES: readonly string[] = ['client-options', 'credentials'];

export interface Bundle {
  readonly cloud: string;
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly gzipped: number;
  readonly sha256: string;
}

/** Bundles every function of a cloud into `out`, which is emptied before. */
export async function bundleCloud(cloud: string, out: string): Promise<readonly Bundle[]> {
  const folder = ENTRIES[cloud];
  if (folder === undefined)
    throw new UsageError(`there are no functions for ${cloud}, only for ${Object.keys(ENTRIES)}`);
  await rm(join(out, cloud), { recursive: true, force: true });
  const names = globSync(`${folder}/*.ts`, { cwd: ROOT })
    .map((file) => basename(file, '.ts'))
    .filter((name) => !NO_ENTRIES.includes(name))
    .toSorted();
  // All at once: what they share is read once. Source maps name sources from where they stand, always as if it were the usual folder.
  const { outputFiles = [] } = await build({
    ...OPTIONS,
    entryPoints: names.map((name) => ({ in: join(folder, `${name}.ts`), out: join(cloud, name, 'index') })),
    outdir: join(ROOT, 'dist'),
    write: false,
  });
  return Promise.all(names.map((name) => writeBundle(cloud, name, outputFiles, out)));
}

async function writeBundle(cloud: string, name: string, all: readonly OutputFile[], out: string): Promise<Bundle> {
  const [made, folder] = [join(ROOT, 'dist', cloud, name), join(out, cloud, name)];
  await mkdir(folder, { recursive: true });
  const files = all.filter(({ path }) => dirname(path) === made);
  for (const { path, contents } of files) await writeFile(join(folder, basename(path)), contents);
  const code = files.find(({ path }) => path.endsWith('.cjs'))?.contents ?? new Uint8Array();
  const sha256 = createHash('sha256').update(code).digest('hex');
  const file = join(folder, 'index.cjs');
  return { cloud, name, file, bytes: code.length, gzipped: gzipSync(code).length, sha256 };
}

/** What a function's bundle is made of, by source file, for whoever wonders why it is large. */
export async function inputsOf(cloud: string, name: string): Promise<Metafile['outputs'][string]['inputs']> {
  const entry = join(ENTRIES[cloud] ?? '', `${name}.ts`);
  const { metafile } = await build({ ...OPTIONS, entryPoints: [entry], write: false, metafile: true, outdir: 'dist' });
  return Object.values(metafile?.outputs ?? {}).find(({ entryPoint }) => entryPoint !== undefined)?.inputs ?? {};
}

/** zod has its messages in some fifty languages; errors here are in English. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

const OPTIONS: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  // Prefer a package's ES modules: what is not used of them is left out.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  logLevel: 'error',
  alias: { '@aws-sdk/credential-provider-node': join(ROOT, 'functions/aws/lambda/credentials.ts') },
  plugins: [englishOnly],
  outExtension: { '.js': '.cjs' },
};

/** The rules of infra/policy as a pack for Pulumi's own host, which loads no TypeScript. Answers the pack's folder. */
export async function bundlePolicyPack(out: string): Promise<string> {
  const folder = join(out, 'policy');
  await rm(folder, { recursive: true, force: true });
  const { alias: _, plugins: __, ...options } = OPTIONS;
  // The host and the pack have to be of one mind about what an output is: they share the package.
  const external = ['@pulumi/policy', '@pulumi/pulumi'];
  await build({ ...options, entryPoints: ['infra/policy/index.ts'], outfile: join(folder, 'index.cjs'), external });
  await copyFile(join(ROOT, 'infra/policy/PulumiPolicy.yaml'), join(folder, 'PulumiPolicy.yaml'));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'tricloud-orders-policy', version: '1.0.0', main: 'index.cjs' }),
  );
  return folder;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string', default: join(ROOT, 'dist') },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const bundles: Bundle[] = [];
  for (const cloud of positionals.length > 0 ? positionals : Object.keys(ENTRIES)) {
    bundles.push(...(await bundleCloud(cloud, values.out)));
  }
  await bundlePolicyPack(values.out);
  process.stdout.write(values.json ? `${JSON.stringify({ bundles }, null, 2)}\n` : `${tableOf(bundles)}\n`);
}

function tableOf(bundles: readonly Bundle[]): string {
  const kilobytes = (bytes: number) => `${Math.round(bytes / 1_000)} kB`;
  const rows = bundles.map(({ cloud, name, bytes, gzipped, sha256 }) => [
    cloud,
    name,
    kilobytes(bytes),
    kilobytes(gzipped),
    sha256.slice(0, 12),
  ]);
  return table(['cloud', 'function', 'bundle', 'gzipped', 'sha256'], rows);
}

if (import.meta.main) await runCommand('bundle', main);
