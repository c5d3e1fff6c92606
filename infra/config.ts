import * as pulumi from '@pulumi/pulumi';

const CLOUDS = ['aws', 'azure', 'gcp'] as const;
export type Cloud = (typeof CLOUDS)[number];
const ENVIRONMENTS = ['dev', 'staging', 'prod'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** What a stack is told by its environment's file. Nothing of it is secret. */
export interface StackConfig {
  readonly cloud: Cloud;
  readonly environment: Environment;
  /** In prod nothing that keeps data can be deleted by the program. */
  readonly production: boolean;
  readonly operatorsEmail: string;
  readonly corsOrigins: string;
  readonly payments: 'simulated' | 'stripe';
  readonly smtpFrom: string;
  readonly approvalThreshold: number;
  readonly highValueThreshold: number;
  readonly confirmationTimeoutMs: number;
  readonly approvalTimeoutMs: number;
  readonly noticeMaxAgeMs: number;
  readonly logRetentionDays: number;
  readonly eventArchiveDays: number;
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  readonly apiConcurrency: number;
  readonly tracing: boolean;
  readonly monthlyBudget: number;
  readonly awsRegion: string;
  /** The only account that the program acts on; any when empty. */
  readonly awsAccount: string;
  /** Begins the address of the sign-in pages. */
  readonly awsSignInDomain: string;
  /** The ARN of the SES identity that sends codes to whoever signs in; Cognito's own sender when empty. */
  readonly awsSignInMailIdentity: string;
}

/** What CloudWatch takes. */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
/** Of the other clouds: in the same file, and read by their own programs. */
const OTHER_KEYS = ['azureLocation', 'gcpProject', 'gcpRegion'];
const MAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
/** Without TLS only one's own machine: Cognito takes no other, and a browser should not. */
const ORIGIN = /^(https:\/\/[a-z0-9-]+(\.[a-z0-9-]+)+|http:\/\/localhost)(:\d{1,5})?$/;
/** Of AWS itself: the others (China, GovCloud) have other names for their services. */
const REGION = /^(?!us-gov-|us-iso|cn-)[a-z]{2}(-[a-z]+)+-\d$/;
const SIGN_IN_DOMAIN = /^(?!.*(aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const SES_IDENTITY = /^(arn:aws:ses:[a-z0-9-]+:\d{12}:identity\/\S+)?$/;
const DAY_MS = 86_400_000;

/**
 * Reads the configuration of a stack: the only place that does. Throws one error that names every key that is missing, wrong or
 * unknown, with what to type.
 *
 * @param stack The stack's name, `<cloud>-<environment>`.
 * @param values The configuration by key, without the project's name; keys of others with theirs.
 */
export function readConfig(stack: string, values: Readonly<Record<string, string | undefined>>): StackConfig {
  const { cloud, environment } = stackName(stack);
  const problems: string[] = [];
  const known = new Set(['environment', ...OTHER_KEYS]);
  const read = <Value>(key: string, parse: (text: string) => Value | undefined, rule: string): Value => {
    known.add(key);
    const text = values[key];
    const value = text === undefined ? undefined : parse(text);
    if (value === undefined)
      problems.push(
        `${key}: ${text === undefined ? 'is missing: it' : `is ${text === '' ? 'empty' : text}, and`} ${rule}`,
      );
    return value as Value;
  };
  const oneOf =
    <Value extends string | number>(all: readonly Value[]) =>
    (text: string) =>
      all.find((one) => String(one) === text);
  const number = (least: number, most: number) => (text: string) =>
    /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined;
  const matching = (pattern: RegExp) => (text: string) => (pattern.test(text) ? text : undefined);
  const whole = (key: string, least: number, most: number) =>
    read(key, number(least, most), `must be a whole number from ${least} to ${most}`);

  if (values['environment'] !== environment) {
    problems.push(
      `environment: is ${values['environment'] ?? 'missing'}, and the stack is ${stack}: use npm run up -- ${stack}, or ` +
        `pulumi up --stack ${stack} --config-file Pulumi.${environment}.yaml`,
    );
  }
  const config: StackConfig = {
    cloud,
    environment,
    production: environment === 'prod',
    operatorsEmail: read('operatorsEmail', matching(MAIL), 'must be a mail address'),
    corsOrigins: read(
      'corsOrigins',
      (text) => (splitOrigins(text).every((origin) => ORIGIN.test(origin)) ? text : undefined),
      'must be origins such as https://shop.example or http://localhost:5173, separated by commas, or "" for none',
    ),
    payments: read('payments', oneOf(['simulated', 'stripe']), 'must be simulated or stripe'),
    smtpFrom: read('smtpFrom', matching(MAIL), 'must be a mail address'),
    approvalThreshold: whole('approvalThreshold', 1, Number.MAX_SAFE_INTEGER),
    highValueThreshold: whole('highValueThreshold', 1, Number.MAX_SAFE_INTEGER),
    confirmationTimeoutMs: whole('confirmationTimeoutMs', 1_000, DAY_MS),
    approvalTimeoutMs: whole('approvalTimeoutMs', 1_000, 30 * DAY_MS),
    noticeMaxAgeMs: whole('noticeMaxAgeMs', 60_000, 30 * DAY_MS),
    logRetentionDays: read('logRetentionDays', oneOf(RETENTIONS), `must be one of ${RETENTIONS.join(', ')}`),
    eventArchiveDays: whole('eventArchiveDays', 1, 3_650),
    requestsPerSecond: whole('requestsPerSecond', 1, 10_000),
    requestBurst: whole('requestBurst', 1, 5_000),
    apiConcurrency: whole('apiConcurrency', 0, 1_000),
    tracing: read('tracing', oneOf(['true', 'false']), 'must be true or false') === 'true',
    monthlyBudget: whole('monthlyBudget', 1, 1_000_000),
    awsRegion: read('awsRegion', matching(REGION), 'must be a region such as eu-central-1 (not of China or GovCloud)'),
    awsAccount: read(
      'awsAccount',
      matching(/^(\d{12})?$/),
      'must be the twelve digits of an account, in quotes, or ""',
    ),
    awsSignInDomain: read(
      'awsSignInDomain',
      matching(SIGN_IN_DOMAIN),
      'must be 1 to 63 of a-z, 0-9 and hyphens, without the words aws, amazon and cognito',
    ),
    awsSignInMailIdentity: read(
      'awsSignInMailIdentity',
      matching(SES_IDENTITY),
      'must be an ARN such as arn:aws:ses:eu-central-1:123456789012:identity/shop.example, or ""',
    ),
  };
  for (const key of Object.keys(values))
    if (!known.has(key)) problems.push(`${key}: there is no such key; is it a slip?`);
  if (config.production && config.payments === 'simulated') problems.push('payments: must be stripe in prod');
  if (problems.length === 0) return config;
  throw new pulumi.RunError(
    `the configuration of ${stack} (Pulumi.${environment}.yaml) is not usable:\n  ${problems.join('\n  ')}`,
  );
}

/** Addresses that are still those of the example: mail to them reaches nobody. */
export function exampleAddressesOf({ operatorsEmail, smtpFrom }: StackConfig): readonly string[] {
  const kept = Object.entries({ operatorsEmail, smtpFrom }).filter(([, value]) => value.endsWith('@example.com'));
  return kept.map(([key, value]) => `${key} is still ${value}`);
}

/** The origins that browsers may call the API from. */
export function originsOf({ corsOrigins }: Pick<StackConfig, 'corsOrigins'>): readonly string[] {
  return splitOrigins(corsOrigins);
}

function splitOrigins(text: string): readonly string[] {
  return text
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
}

function stackName(stack: string): { readonly cloud: Cloud; readonly environment: Environment } {
  const [, first, second] = /^([a-z]+)-([a-z]+)$/.exec(stack) ?? [];
  const cloud = CLOUDS.find((one) => one === first);
  const environment = ENVIRONMENTS.find((one) => one === second);
  if (cloud && environment) return { cloud, environment };
  throw new pulumi.RunError(
    `the stack ${stack} is not named <cloud>-<environment>: one of ${CLOUDS.join(', ')}, and one of ${ENVIRONMENTS.join(', ')}`,
  );
}
