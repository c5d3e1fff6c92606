import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillSecrets } from '../../scripts/deploy/aws-secrets.ts';
import { emptyBucket } from '../../scripts/deploy/empty-bucket.ts';
import { runScript } from '../e2e/local-process.ts';

const COMMANDS = ['up', 'preview', 'cleanup', 'seed', 'smoke'] as const;
const TABLES = [{ type: 'aws:dynamodb/table:Table', id: 'orders-dev-orders', custom: true }];

describe('the commands for a stack', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-life-'));
    await installPulumi(TABLES);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A command in the place of Pulumi's: notes how it is called, and knows what is in the stack. */
  async function installPulumi(resources: readonly object[]): Promise<void> {
    const state = JSON.stringify({ deployment: { resources } });
    const file = join(folder, 'pulumi');
    await writeFile(join(folder, 'state.json'), state);
    const answer = `if [ "$1 $2" = "stack export" ]; then cat "${folder}/state.json"; fi`;
    await writeFile(file, `#!/bin/sh\necho "$@" >> "${folder}/calls"\n${answer}\n`);
    await chmod(file, 0o755);
  }
  const calls = async () => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
  const run = (command: string, ...args: string[]) =>
    runScript(`scripts/${command}.ts`, args, { PATH: `${folder}${delimiter}${process.env['PATH']}` });

  it.each(COMMANDS)('%s says what to type when it was called the wrong way, and asks nobody', async (command) => {
    const wrong = [[], ['aws-dev', 'aws-prod'], ['dev'], ['azure-dev']];
    const said = await Promise.all(wrong.map((args) => run(command, ...args)));
    expect(said.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(said.map(({ stderr }) => stderr.slice(command.length + 2).split(' (npm')[0])).toEqual([
      'name one stack, for example aws-dev',
      'name one stack, for example aws-dev',
      'dev is not <cloud>-<environment>: one of aws, azure, gcp, and one of dev, staging, prod',
      'there is no program for azure yet',
    ]);
    expect(await calls()).toEqual([]);
  });

  it.each(['up', 'preview', 'cleanup'])(
    "%s without Pulumi's command says where it comes from",
    async (command) => {
      const { code, stderr } = await runScript(`scripts/${command}.ts`, ['aws-dev'], {
        PATH: folder.concat('-nowhere'),
      });
      expect(code).toBe(2);
      expect(stderr).toContain("Pulumi's CLI is not on the PATH: https://www.pulumi.com/docs/install");
    },
    60_000,
  );

  it('cleanup refuses prod, and asks nobody', async () => {
    const { code, stderr } = await run('cleanup', 'aws-prod', '--yes');
    expect(code).toBe(2);
    expect(stderr).toContain('aws-prod is production: nothing is deleted without --force-production');
    expect(await calls()).toEqual([]);
  });

  it('cleanup lists what it deletes, and has Pulumi delete it', async () => {
    const { code, stdout } = await run('cleanup', 'aws-dev', '--yes');
    expect(stdout).toContain('aws:dynamodb/table:Table');
    expect(stdout).toContain('aws-dev is gone');
    expect(code).toBe(0);
    expect(await calls()).toEqual([
      'stack export --stack aws-dev',
      'destroy --stack aws-dev --config-file Pulumi.dev.yaml --yes',
    ]);
  });

  it('cleanup of a stack with nothing in it deletes nothing', async () => {
    await installPulumi([]);
    expect((await run('cleanup', 'aws-dev', '--yes')).stdout).toBe('aws-dev has nothing in it\n');
    expect(await calls()).toEqual(['stack export --stack aws-dev']);
  });

  it('preview makes the stack where it is new, and brings the rules and the settings', async () => {
    const { code, stderr } = await run('preview', 'aws-dev');
    expect([code, stderr.includes('the plan and its rules')]).toEqual([0, true]);
    const [version, select, preview, ...more] = await calls();
    expect(version).toBe('version');
    expect(select).toBe('stack select --create aws-dev');
    expect(preview).toMatch(
      /^preview --stack aws-dev --config-file Pulumi\.dev\.yaml --policy-pack \S+dist.policy --diff$/,
    );
    expect(more).toEqual([]);
  }, 60_000);

  it.each([
    ['[{"id": "rest-1"}]', /--file \S+: 0\.\w+: /],
    ['[]', /--file \S+: /],
    ['no JSON', /--file \S+: is not JSON/],
  ])('seed with the file %s says what is wrong with it', async (text, words) => {
    const file = join(folder, 'restaurants.json');
    await writeFile(file, text);
    const { code, stderr } = await run('seed', 'aws-dev', '--file', file);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  });
});

describe('a bucket', () => {
  /** Keeps versions and delete markers, and answers a thousand at a time. */
  function bucketOf(count: number, refused?: string) {
    const kept = Array.from({ length: count }, (_, index) => ({ Key: `key-${index}`, VersionId: `v-${index}` }));
    const send = async ({ input }: { input: { Delete?: { Objects: readonly { Key: string }[] } } }) => {
      if (!input.Delete) return { Versions: kept.slice(0, 600), DeleteMarkers: kept.slice(600, 1_000) };
      const keys = new Set(input.Delete.Objects.map(({ Key }) => Key));
      if (refused !== undefined && keys.has(refused)) return { Errors: [{ Key: refused, Code: 'AccessDenied' }] };
      kept.splice(0, kept.length, ...kept.filter(({ Key }) => !keys.has(Key)));
      return {};
    };
    return { client: { send } as unknown as S3Client, kept };
  }

  it('is emptied of all versions and markers, page by page', async () => {
    const { client, kept } = bucketOf(2_500);
    const progress: number[] = [];
    expect(await emptyBucket(client, 'receipts', (deleted) => progress.push(deleted))).toBe(2_500);
    expect([kept, progress]).toEqual([[], [1_000, 2_000, 2_500]]);
  });

  it('that does not let go of an object says so', async () => {
    const { client } = bucketOf(10, 'key-3');
    await expect(emptyBucket(client, 'receipts', () => undefined)).rejects.toThrow(
      'receipts: 1 objects could not be deleted (AccessDenied)',
    );
  });
});

describe('the secrets of a stack', () => {
  const NAMES = { pepper: 'orders-dev/pepper', smtp: 'orders-dev/smtp' };

  function secretsManager(values: Map<string, string>, refuses?: Error) {
    const send = async (command: { input: { SecretId?: string; SecretString?: string } }) => {
      const { SecretId: name = '', SecretString: value } = command.input;
      if (refuses) throw refuses;
      if (command instanceof PutSecretValueCommand) return void values.set(name, value ?? '');
      if (!values.has(name)) throw new ResourceNotFoundException({ message: 'no value', $metadata: {} });
      return { SecretString: values.get(name) };
    };
    return { send } as unknown as SecretsManagerClient;
  }

  it('get a random pepper and nothing else; the others are named', async () => {
    const [first, second] = [new Map<string, string>(), new Map<string, string>()];
    expect(await fillSecrets(secretsManager(first), NAMES)).toEqual(['orders-dev/smtp']);
    await fillSecrets(secretsManager(second), NAMES);
    expect([...first.keys()]).toEqual(['orders-dev/pepper']);
    expect(Buffer.from(first.get('orders-dev/pepper') ?? '', 'base64url')).toHaveLength(32);
    expect(first.get('orders-dev/pepper')).not.toBe(second.get('orders-dev/pepper'));
  });

  it('that have a value keep it', async () => {
    const values = new Map([
      ['orders-dev/pepper', 'old'],
      ['orders-dev/smtp', 'smtps://mail.example'],
    ]);
    expect(await fillSecrets(secretsManager(values), NAMES)).toEqual([]);
    expect(values.get('orders-dev/pepper')).toBe('old');
  });

  it('are not made anew because they cannot be read', async () => {
    const values = new Map<string, string>();
    const denied = new Error('AccessDeniedException');
    await expect(fillSecrets(secretsManager(values, denied), NAMES)).rejects.toBe(denied);
    expect(values.size).toBe(0);
  });
});
