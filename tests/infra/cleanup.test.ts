import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it } from 'vitest';
import { confirm } from '../../scripts/deploy/confirm.ts';
import { emptyBucket } from '../../scripts/deploy/empty-bucket.ts';
import { type AwsStandIn, startAws } from '../emulators/aws/stand-in.ts';
import { awsEnvironment, type PulumiStandIn, pulumiStandIn } from './pulumi-stand-in.ts';

const urn = (type: string, name: string) => `urn:pulumi:aws-dev::tricloud-orders::${type}::${name}`;
const resource = (type: string, name: string, more: object = {}) => ({
  urn: urn(type, name),
  type,
  id: name,
  custom: true,
  ...more,
});
const TABLE = resource('aws:dynamodb/table:Table', 'orders');
const BUCKET = resource('aws:s3/bucket:Bucket', 'receipts-0123');
const EXPORT = 'stack export --stack aws-dev';
const DESTROY = 'destroy --stack aws-dev --config-file Pulumi.dev.yaml --yes';
const REFRESH = 'pulumi refresh --stack aws-dev --config-file Pulumi.dev.yaml';
/** Makes a terminal for a command; not there on every system. */
const SCRIPT = existsSync('/usr/bin/script');
const NO_SCRIPT = 'not run: there is no /usr/bin/script to make a terminal';

function onTerminal(command: string, typed: string, environment: Readonly<Record<string, string>>) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const env = { ...process.env, ...environment };
    const child = execFile('/usr/bin/script', ['-qec', command, '/dev/null'], { env }, (error, output) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output }),
    );
    // The end of the input would end the terminal, too.
    child.stdin?.write(typed);
  });
}

describe('npm run cleanup', () => {
  let pulumi: PulumiStandIn | undefined;
  let aws: AwsStandIn | undefined;
  afterEach(async () => {
    await pulumi?.remove();
    await aws?.close();
    [pulumi, aws] = [undefined, undefined];
  });

  /** A stack with these resources, and a bucket with ten versions and a mark. */
  async function stackOf(resources: readonly object[], fails?: string) {
    pulumi = await pulumiStandIn({ resources, ...(fails !== undefined && { fails }) });
    aws = await startAws();
    const versions = Array.from({ length: 10 }, (_, index) => ({ key: `receipts/${index}`, version: `v${index}` }));
    aws.versions.set(BUCKET.id, [...versions, { key: 'receipts/3', version: 'm', marker: true }]);
    const [stack, cloud] = [pulumi, aws];
    return {
      calls: stack.calls,
      s3Calls: () => cloud.calls.length,
      versionsLeft: () => cloud.versions.get(BUCKET.id)?.length,
      cleanup: (args: readonly string[]) => stack.run('cleanup', args, awsEnvironment(cloud.url)),
      /** On a terminal, at which somebody types. */
      cleanupOnTerminal: (args: string, typed: string) =>
        onTerminal(`npm run --silent cleanup -- ${args}`, typed, { ...stack.path(), ...awsEnvironment(cloud.url) }),
    };
  }

  it('lists what it deletes, empties the buckets of all versions, and has Pulumi delete the rest', async () => {
    const { cleanup, calls, versionsLeft } = await stackOf([TABLE, BUCKET, resource('pulumi:providers:aws', 'aws')]);
    const { code, stdout, stderr } = await cleanup(['aws-dev', '--yes']);
    expect([code, versionsLeft()]).toEqual([0, 0]);
    expect(stdout).toMatch(/1 +aws:dynamodb\/table:Table\n1 +aws:s3\/bucket:Bucket\n/);
    expect(stdout).toContain('aws-dev is gone; "pulumi stack rm aws-dev" forgets its history as well');
    for (const line of ['receipts-0123: 4 versions deleted', 'receipts-0123 is empty: 11 versions deleted'])
      expect(stderr).toContain(line);
    expect(await calls()).toEqual([EXPORT, DESTROY]);
  });

  it('asks, and in prod whatever was said', async () => {
    if (!SCRIPT) return void process.stderr.write(`cleanup on a terminal: ${NO_SCRIPT}\n`);
    const { cleanupOnTerminal, calls, versionsLeft } = await stackOf([BUCKET]);
    const args = 'aws-prod --yes --force-production';
    const refused = await cleanupOnTerminal(args, 'yes\n');
    expect([refused.code, versionsLeft()]).toEqual([1, 11]);
    expect(refused.output).toContain('nothing was deleted: the answer was not aws-prod');
    const { code, output } = await cleanupOnTerminal(args, 'aws-prod\n');
    expect([code, versionsLeft()]).toEqual([0, 0]);
    expect(output).toContain('All of this is deleted for good. Type aws-prod to go on: ');
    const prod = [EXPORT, DESTROY].map((call) => call.replaceAll('dev', 'prod'));
    expect(await calls()).toEqual([prod[0], ...prod]);
  });

  it.each([
    [['aws-dev'], 'there is no terminal to ask on: --yes deletes without asking'],
    [['aws-prod', '--yes', '--force-production'], 'aws-prod is production, and somebody has to type its name'],
  ])('with %j and nobody to ask deletes nothing, and says: %s', async (args, words) => {
    const { cleanup, calls, s3Calls } = await stackOf([BUCKET]);
    const { code, stderr } = await cleanup(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect([await calls(), s3Calls()]).toEqual([[`stack export --stack ${args[0]}`], 0]);
  });

  it('refuses prod, and asks nobody', async () => {
    const { cleanup, calls } = await stackOf([TABLE]);
    const { code, stderr } = await cleanup(['aws-prod', '--yes']);
    expect([code, await calls()]).toEqual([2, []]);
    expect(stderr).toContain('aws-prod is production: nothing is deleted without --force-production');
  });

  const KEPT: readonly (readonly [what: string, kept: object, steps: readonly string[]])[] = [
    ['a protected table', { ...TABLE, protect: true }, [`pulumi state unprotect '${TABLE.urn}' --stack aws-dev`]],
    [
      'a protected component',
      { ...resource('orders:aws:OrderStore', 'store', { protect: true }), custom: false },
      [`pulumi state unprotect '${urn('orders:aws:OrderStore', 'store')}' --stack aws-dev`],
    ],
    [
      'a table that is retained',
      { ...TABLE, retainOnDelete: true },
      [`take retainOnDelete of '${TABLE.urn}' out of the program, and npm run up -- aws-dev`],
    ],
    [
      'a table that AWS keeps',
      { ...TABLE, outputs: { deletionProtectionEnabled: true } },
      ['aws dynamodb update-table --region eu-central-1 --table-name orders --no-deletion-protection-enabled', REFRESH],
    ],
    [
      'a user pool that AWS keeps',
      resource('aws:cognito/userPool:UserPool', 'pool', { outputs: { deletionProtection: 'ACTIVE' } }),
      [
        'aws cognito-idp update-user-pool --region eu-central-1 --user-pool-id pool --deletion-protection INACTIVE',
        REFRESH,
      ],
    ],
  ];
  it.each(KEPT)('deletes nothing at all while there is %s', async (_, kept, steps) => {
    const { cleanup, calls, versionsLeft, s3Calls } = await stackOf([BUCKET, kept]);
    const { code, stderr } = await cleanup(['aws-dev', '--yes']);
    expect([code, versionsLeft(), s3Calls()]).toEqual([1, 11, 0]);
    expect(stderr).toBe(
      'cleanup: aws-dev is protected, and nothing was deleted. To let go of it, in this order:\n' +
        steps.map((step) => `  ${step}\n`).join(''),
    );
    expect(await calls()).toEqual([EXPORT]);
  });

  it('of prod asks nobody while anything is protected', async () => {
    const { cleanup, s3Calls } = await stackOf([BUCKET, { ...TABLE, protect: true }]);
    const { code, stderr } = await cleanup(['aws-prod', '--yes', '--force-production']);
    expect([code, s3Calls()]).toEqual([1, 0]);
    expect(stderr).toContain('aws-prod is protected, and nothing was deleted');
  });

  it('that Pulumi breaks off says that it may be run again', async () => {
    const { cleanup } = await stackOf([BUCKET], 'destroy');
    const { code, stderr } = await cleanup(['aws-dev', '--yes']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'pulumi destroy ended with 255; some of aws-dev is gone already, run this again for the rest',
    );
  });

  it('of a stack with nothing in it deletes nothing', async () => {
    const { cleanup, calls } = await stackOf([]);
    expect((await cleanup(['aws-dev', '--yes'])).stdout).toBe('aws-dev has nothing in it\n');
    expect(await calls()).toEqual([EXPORT]);
  });
});

describe('whoever is asked', () => {
  function terminal(typed: string) {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    stdin.end(typed);
    return { stdin, stderr: new PassThrough() };
  }

  it('goes on by the name alone; the end of the input is a no', async () => {
    await expect(confirm('aws-dev', 'add --yes', terminal('aws-dev\n'))).resolves.toBeUndefined();
    for (const typed of ['yes\n', '\n', 'aws-dev.\n', ''])
      await expect(confirm('aws-dev', 'add --yes', terminal(typed))).rejects.toThrow(
        'nothing was deleted: the answer was not aws-dev',
      );
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

  it('that is gone already is empty, and others are not because they cannot be read', async () => {
    const refusing = (name: string) =>
      ({ send: () => Promise.reject(Object.assign(new Error(name), { name })) }) as unknown as S3Client;
    expect(await emptyBucket(refusing('NoSuchBucket'), 'receipts', () => undefined)).toBe(0);
    await expect(emptyBucket(refusing('AccessDenied'), 'receipts', () => undefined)).rejects.toThrow('AccessDenied');
  });
});
