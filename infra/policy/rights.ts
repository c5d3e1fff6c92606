import { isCalled } from './buckets.ts';
import {
  all,
  among,
  BUCKET,
  type Fields,
  FUNCTION,
  LOG_GROUP,
  mandatory,
  of,
  type Resource,
  ROLE,
  type Rule,
} from './rule.ts';
import { allowedBy, isSource, namesSource, type Statement, statementsOf } from './statements.ts';

const FUNCTION_URL = 'aws:lambda/functionUrl:FunctionUrl';
const PERMISSION = 'aws:lambda/permission:Permission';
const ROLE_POLICY = 'aws:iam/rolePolicy:RolePolicy';
const SCHEDULE_GROUP = 'aws:scheduler/scheduleGroup:ScheduleGroup';

/** Rights that AWS gives on no resource: https://docs.aws.amazon.com/service-authorization, "Resource types" of each action. */
const WITHOUT_RESOURCE = [
  'logs:*LogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:*LogDeliveries',
  'logs:PutResourcePolicy',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
/** What may be allowed as a whole: it is below one resource of the plan, whose name the ARN has. */
const BELOW = [
  { type: BUCKET, arn: /^arn:aws:s3:::([^/*?]+)\/([^*?]+\/)?\*$/, isOwner: isCalled },
  { type: LOG_GROUP, arn: /^arn:aws:logs:[^:*?]+:\d{12}:log-group:([^:*?]+):\*$/, isOwner: isNamed },
  { type: SCHEDULE_GROUP, arn: /^arn:aws:scheduler:[^:*?]+:\d{12}:schedule\/([^/*?]+)\/\*$/, isOwner: isNamed },
];
const WILD = /[*?]/;

const ATTACHES = [
  'aws:iam/policyAttachment:PolicyAttachment',
  'aws:iam/rolePolicyAttachment:RolePolicyAttachment',
  'aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive',
];
const RIGHTS_ELSEWHERE = ['aws:iam/policy:Policy', 'aws:iam/rolePoliciesExclusive:RolePoliciesExclusive'];
const OF_USERS =
  /^aws:iam\/(accessKey|group|serviceSpecificCredential|signingCertificate|sshKey|user|virtualMfaDevice)/;
/** An account, or somebody in one. */
const SOMEBODY = /^(\d{12}|arn:aws:(iam|sts)::\d{12}:.+)$/;

/** Who may do what, and whom anything is open to. */
export const RIGHTS_RULES: readonly Rule[] = [
  mandatory('no-wildcard-actions', 'No role may do everything.', {
    resource: of(ROLE_POLICY, ({ policy }) => {
      if (allowedBy(policy).some(({ allActionsBut }) => allActionsBut)) return 'allows all but some actions: name them';
      const wide = allowedBy(policy)
        .flatMap(({ actions }) => actions)
        .find((action) => WILD.test(action));
      return wide && `allows ${wide}: name the actions`;
    }),
  }),
  mandatory('no-wildcard-resources', 'No role may act on everything.', {
    stack: among(ROLE_POLICY, ({ inputs: { policy } }, resources) => {
      const statements = statementsOf(policy);
      const wide = allowedBy(policy).find((statement) => isTooWide(statement, statements, resources));
      return wide && `allows ${wide.actions.join(', ')} on ${wide.resources.join(', ')}: name the resources`;
    }),
  }),
  mandatory('no-managed-policies', 'Rights are written out: a managed policy grants more than a function needs.', {
    resource: ({ type, inputs }) => {
      if (ATTACHES.includes(type)) return 'attaches a managed policy';
      return type === ROLE && inputs['managedPolicyArns'] !== undefined ? 'has managed policies' : undefined;
    },
  }),
  mandatory('rights-beside-roles', 'Rights are a RolePolicy beside their role: the rules read no others.', {
    resource: ({ type, inputs }) => {
      if (RIGHTS_ELSEWHERE.includes(type)) return 'has rights: write a RolePolicy';
      return type === ROLE && inputs['inlinePolicies'] !== undefined
        ? 'has rights inside: write a RolePolicy'
        : undefined;
    },
  }),
  mandatory('no-iam-users', 'Rights are for roles alone: what has a password or a key of its own can lose it.', {
    resource: ({ type }) => (OF_USERS.test(type) ? 'is of the users of an account' : undefined),
  }),
  mandatory('role-per-function', 'Each function has a role of its own.', {
    stack: (resources) => {
      const roles = all(resources, ROLE).map(({ name }) => name);
      return all(resources, FUNCTION)
        .filter(({ name }) => !roles.includes(name))
        .map((resource) => ({ resource, message: 'has no role of its own' }));
    },
  }),
  mandatory('no-public-principals', 'Nothing is allowed to everybody, nor to a service for anybody.', {
    resource: ({ inputs }) => {
      const { assumeRolePolicy, policy, policyDocument } = inputs;
      // A service takes a role only where somebody of the account has passed it.
      const trusted = allowedBy(assumeRolePolicy).filter(isForEverybody);
      const allowed = [policy, policyDocument]
        .flatMap(allowedBy)
        .filter((one) => isForEverybody(one) || isForService(one));
      const open = [...trusted, ...allowed].find((statement) => !namesSource(statement));
      return open && `allows ${open.principals.join(', ')} ${open.actions.join(', ')}: name the source`;
    },
  }),
  mandatory('no-public-functions', 'Functions are called by those whom the stack names, never by everybody.', {
    resource: ({ type, inputs }) => {
      if (type === FUNCTION_URL)
        return inputs['authorizationType'] === 'AWS_IAM' ? undefined : 'lets everybody call it';
      return type === PERMISSION ? openPermission(inputs) : undefined;
    },
  }),
];

/** Everything is only right where there is nothing to name; a Deny on topics makes texts to phones of it. */
function isTooWide(
  { actions, resources: on, allResourcesBut }: Statement,
  statements: readonly Statement[],
  resources: readonly Resource[],
): boolean {
  const isUnnamed = actions.every(
    (action) => matchesAny(action, WITHOUT_RESOURCE) || (action === 'sns:Publish' && statements.some(deniesTopics)),
  );
  return (
    allResourcesBut || on.some((arn) => (arn === '*' ? !isUnnamed : WILD.test(arn) && !isBelowOne(arn, resources)))
  );
}

function matchesAny(action: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(action));
}

function deniesTopics({ effect, actions, resources, conditions }: Statement): boolean {
  const isDenied = effect === 'Deny' && conditions.length === 0;
  return isDenied && actions.includes('sns:Publish') && resources.includes('arn:aws:sns:*:*:*');
}

/** The name of a bucket, a log group or a group of schedules is in the plan. */
function isBelowOne(arn: string, resources: readonly Resource[]): boolean {
  return BELOW.some(({ type, arn: pattern, isOwner }) => {
    const name = pattern.exec(arn)?.[1];
    return name !== undefined && all(resources, type).some((resource) => isOwner(resource, name));
  });
}

function isNamed({ inputs }: Resource, name: string): boolean {
  return inputs['name'] === name;
}

function isForEverybody({ principals, allPrincipalsBut }: Statement): boolean {
  return allPrincipalsBut || principals.includes('*');
}

/** Services act for whoever asks them, in whatever account. */
function isForService({ principals }: Statement): boolean {
  return principals.some((principal) => principal.endsWith('.amazonaws.com'));
}

function openPermission({ principal, sourceArn, functionUrlAuthType }: Fields): string | undefined {
  if (principal === '*' || functionUrlAuthType === 'NONE') return 'lets everybody call it';
  return SOMEBODY.test(String(principal)) || isSource(sourceArn)
    ? undefined
    : `lets ${principal} call it for anybody: give a sourceArn`;
}
