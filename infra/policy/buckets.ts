import {
  all,
  among,
  at,
  BUCKET,
  type Check,
  type Fields,
  type Finding,
  LATER,
  listOf,
  mandatory,
  type Resource,
  type Rule,
} from './rule.ts';
import { type Statement, statementsOf } from './statements.ts';

const ACCOUNT_BLOCK = 'aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock';
const BLOCK = 'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock';
const POLICY = 'aws:s3/bucketPolicy:BucketPolicy';
const ENCRYPTION = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
const VERSIONING = 'aws:s3/bucketVersioning:BucketVersioning';

const BLOCKED = ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'];
/** What has to be refused, each by a statement with this one condition: more of them would have to be true together. */
const WITHOUT_TLS = [
  { operator: 'Bool', key: 'aws:SecureTransport', value: 'false' },
  { operator: 'NumericLessThan', key: 's3:TlsVersion', value: '1.2' },
];

/** What has to stand beside each bucket. */
export const BUCKET_RULES: readonly Rule[] = [
  mandatory('bucket-public-access', 'No bucket can be made public.', {
    stack: (resources) => [...withoutBlock(resources), ...openBlocks(resources)],
  }),
  mandatory(
    'bucket-tls',
    'Buckets take no request without TLS 1.2 or later.',
    besideBucket(POLICY, 'has no policy that refuses requests without TLS 1.2', refusesWithoutTls),
  ),
  mandatory(
    'bucket-encryption',
    'Buckets are encrypted.',
    besideBucket(ENCRYPTION, 'is not encrypted by a rule of its own', ({ rules }) => listOf(rules).length > 0),
  ),
  mandatory(
    'bucket-versioning',
    'What is overwritten or deleted in a bucket can be had again.',
    besideBucket(
      VERSIONING,
      'is not versioned',
      (inputs) => at(inputs, 'versioningConfiguration', 'status') === 'Enabled',
    ),
  ),
];

/** Whether a bucket is called so: by its name, or by its prefix and what the cloud has put after it. */
export function isCalled({ inputs: { bucket, bucketPrefix } }: Resource, name: string): boolean {
  if (isKnown(bucket)) return bucket === name;
  return isKnown(bucketPrefix) && name.startsWith(bucketPrefix) && !name.slice(bucketPrefix.length).includes('-');
}

const isKnown = (value: unknown): value is string => typeof value === 'string' && value !== '' && value !== LATER;

/** By the bucket that it names; where that is known later, by its own name in the program. */
function belongsTo(beside: Resource, bucket: Resource): boolean {
  const named = beside.inputs['bucket'];
  const isNamed = isKnown(bucket.inputs['bucket']) || isKnown(bucket.inputs['bucketPrefix']);
  return isNamed && isKnown(named) ? isCalled(bucket, named) : beside.name === bucket.name;
}

/** All of them have to be good: of two that differ, nobody knows which one counts. */
function besideBucket(type: string, message: string, isGood: (inputs: Fields) => boolean): Check {
  const stack = among(BUCKET, (bucket, resources) => {
    const beside = all(resources, type).filter((one) => belongsTo(one, bucket));
    return beside.length > 0 && beside.every(({ inputs }) => isGood(inputs)) ? undefined : message;
  });
  return { stack };
}

const withoutBlock = among(BUCKET, (bucket, resources) =>
  all(resources, BLOCK).some((block) => belongsTo(block, bucket)) ? undefined : 'has no block of public access',
);

/** Whatever bucket they are of, even of none in the plan. */
function openBlocks(resources: readonly Resource[]): readonly Finding[] {
  return [...all(resources, BLOCK), ...all(resources, ACCOUNT_BLOCK)].flatMap((resource) => {
    const open = BLOCKED.find((setting) => resource.inputs[setting] !== true);
    return open === undefined ? [] : [{ resource, message: `does not say ${open}` }];
  });
}

function refusesWithoutTls({ bucket, policy }: Fields): boolean {
  if (policy === LATER) return true;
  const refused = statementsOf(policy).filter(refusesAll);
  return [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`].every((on) =>
    WITHOUT_TLS.every((condition) => refused.some((one) => one.resources.includes(on) && isOnly(condition, one))),
  );
}

function refusesAll({ effect, actions, principals }: Statement): boolean {
  return effect === 'Deny' && actions.includes('s3:*') && principals.includes('*');
}

function isOnly({ operator, key, value }: (typeof WITHOUT_TLS)[number], { conditions }: Statement): boolean {
  const [first, ...more] = conditions;
  return more.length === 0 && first?.operator === operator && first.key === key && String(first.values) === value;
}
