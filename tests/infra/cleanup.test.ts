import type { S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it } from 'vitest';
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

describe('npm run cleanup', () => {
  let pulumi: PulumiStandIn | undefined;
  let aws: AwsStandIn | undefined;
  afterEach(async () => {
    await pulumi?.remove();
    await aws?.close();
    [pulumi, aws] = [undefined, undefined];
  });

  /** A stack with these resources, and a bucket with ten versions and a mark. */
  async function stackOf(...resources: readonly object[]) {
    pulumi = await pulumiStandIn({ resources });
    aws = await startAws();
    const versions = Array.from({ length: 10 }, (_, index) => ({ key: `receipts/${index}`, version: `v${index}` }));
    aws.versions.set(BUCKET.id, [...versions, { key: 'receipts/3', version: 'm', marker: true }]);
    const [stack, cloud] = [pulumi, aws];
    return {
      calls: stack.calls,
      versionsLeft: () => cloud.versions.get(BUCKET.id)?.length,
      cleanup: (args: readonly string[], input = '') => stack.run('cleanup', args, awsEnvironment(cloud.url), input),
    };
  }

  it('lists what it deletes, empties the buckets of all versions, and has Pulumi delete the rest', async () => {
    const { cleanup, calls, versionsLeft } = await stackOf(TABLE, BUCKET, resource('pulumi:providers:aws', 'aws'));
    const { code, stdout, stderr } = await cleanup(['aws-dev', '--yes']);
    expect([code, versionsLeft()]).toEqual([0, 0]);
    expect(stdout).toMatch(/1 +aws:dynamodb\/table:Table\n1 +aws:s3\/bucket:Bucket\n/);
    expect(stdout).toContain('aws-dev is gone; "pulumi stack rm aws-dev" forgets its history as well');
    for (const line of ['receipts-0123: 4 versions deleted', 'receipts-0123 is empty: 11 versions deleted'])
      expect(stderr).toContain(line);
    expect(await calls()).toEqual([EXPORT, DESTROY]);
  });

  it.each([
    ['aws-dev\n', 0, [EXPORT, DESTROY]],
    ['yes\n', 1, [EXPORT]],
    ['', 1, [EXPORT]],
  ])('asks, and takes %j for an answer', async (input, code, called) => {
    const { cleanup, calls, versionsLeft } = await stackOf(BUCKET);
    const ended = await cleanup(['aws-dev'], input);
    expect([ended.code, await calls(), versionsLeft()]).toEqual([code, called, code === 0 ? 0 : 11]);
    expect(ended.stderr).toContain('Type aws-dev to go on: ');
    if (code !== 0) expect(ended.stderr).toContain('nothing was deleted: the answer was not aws-dev');
  });

  it('refuses prod, and asks nobody', async () => {
    const { cleanup, calls } = await stackOf(TABLE);
    const { code, stderr } = await cleanup(['aws-prod', '--yes']);
    expect([code, await calls()]).toEqual([2, []]);
    expect(stderr).toContain('aws-prod is production: nothing is deleted without --force-production');
  });

  it.each(['protect', 'retainOnDelete'])('deletes nothing at all while anything is kept by %s', async (keeps) => {
    const { cleanup, calls, versionsLeft } = await stackOf(BUCKET, { ...TABLE, [keeps]: true });
    const { code, stderr } = await cleanup(['aws-prod', '--yes', '--force-production'], 'aws-prod\n');
    expect([code, versionsLeft()]).toEqual([1, 11]);
    expect(stderr).toContain(`1 resources are protected, and nothing was deleted`);
    expect(stderr).toContain(`pulumi state unprotect '${TABLE.urn}' --stack aws-prod`);
    expect(await calls()).toEqual(['stack export --stack aws-prod']);
  });

  it('asks in prod whatever was said', async () => {
    const { cleanup, calls } = await stackOf(TABLE);
    const { code, stderr } = await cleanup(['aws-prod', '--yes', '--force-production']);
    expect([code, await calls()]).toEqual([1, ['stack export --stack aws-prod']]);
    expect(stderr).toContain('Type aws-prod to go on: ');
  });

  it('of a stack with nothing in it deletes nothing', async () => {
    const { cleanup, calls } = await stackOf();
    expect((await cleanup(['aws-dev', '--yes'])).stdout).toBe('aws-dev has nothing in it\n');
    expect(await calls()).toEqual([EXPORT]);
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
