import * as s3 from '@pulumi/aws/s3/index.js';
import * as pulumi from '@pulumi/pulumi';
import { Component, type ComponentArgs, keeps } from './component.ts';

/** Private, versioned, encrypted buckets that take no request without TLS. */
export class Storage extends Component {
  readonly receipts: s3.Bucket;
  /** What the relay has given up on: whole records of the stream. */
  readonly undelivered: s3.Bucket;

  constructor(name: string, args: ComponentArgs, options: pulumi.ComponentResourceOptions) {
    super('Storage', name, options);
    this.receipts = this.bucket('receipts', args);
    this.undelivered = this.bucket('undelivered', args, 90);
    this.registerOutputs({ receipts: this.receipts.bucket });
  }

  private bucket(key: string, { config, prefix }: ComponentArgs, expiresDays?: number): s3.Bucket {
    const parent = { parent: this };
    const bucket = new s3.Bucket(
      key,
      // Names of buckets are everybody's: what comes after the prefix keeps them apart.
      { bucketPrefix: `${prefix}-${key}-`, forceDestroy: false },
      keeps(config, this),
    );
    new s3.BucketPublicAccessBlock(
      key,
      {
        bucket: bucket.id,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      parent,
    );
    new s3.BucketOwnershipControls(
      key,
      { bucket: bucket.id, rule: { objectOwnership: 'BucketOwnerEnforced' } },
      parent,
    );
    new s3.BucketVersioning(key, { bucket: bucket.id, versioningConfiguration: { status: 'Enabled' } }, parent);
    new s3.BucketServerSideEncryptionConfiguration(
      key,
      {
        bucket: bucket.id,
        rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' }, bucketKeyEnabled: true }],
      },
      parent,
    );
    new s3.BucketLifecycleConfiguration(key, { bucket: bucket.id, rules: lifecycle(expiresDays) }, parent);
    new s3.BucketPolicy(key, { bucket: bucket.id, policy: onlyTls(bucket.arn) }, parent);
    return bucket;
  }
}

function lifecycle(expiresDays: number | undefined): s3.BucketLifecycleConfigurationArgs['rules'] & {} {
  const old = {
    id: 'old-versions',
    status: 'Enabled',
    filter: {},
    noncurrentVersionExpiration: { noncurrentDays: 90 },
    abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
  };
  if (expiresDays === undefined) return [old];
  return [old, { id: 'expire', status: 'Enabled', filter: {}, expiration: { days: expiresDays } }];
}

function onlyTls(arn: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'OnlyTls',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [arn, pulumi.interpolate`${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: 'OnlyTls12',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [arn, pulumi.interpolate`${arn}/*`],
        Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } },
      },
    ],
  });
}
