import { basename } from 'node:path';
import { z } from 'zod';

const DAY_MS = 86_400_000;

/** The platform's settings, the same on every platform. In the environment they have the names given here. */
export interface Settings {
  /** Totals from here on (minor units, USD and others without a threshold of their own) need an approval. `APPROVAL_THRESHOLD` */
  readonly approvalThreshold: number;
  /** Totals from here on are of high value. `HIGH_VALUE_THRESHOLD` */
  readonly highValueThreshold: number;
  /** How long a restaurant may take to confirm, from the charge. `CONFIRMATION_TIMEOUT_MS` */
  readonly confirmationTimeoutMs: number;
  /** How long operators may take to approve. `APPROVAL_TIMEOUT_MS` */
  readonly approvalTimeoutMs: number;
  /** The first interval of a retry. `RETRY_BASE_MS` */
  readonly retryBaseMs: number;
  /** How often orders that are past due are looked for. `SWEEP_INTERVAL_MS` */
  readonly sweepIntervalMs: number;
  /** Customers and restaurants are not told of events older than this. `NOTICE_MAX_AGE_MS` */
  readonly noticeMaxAgeMs: number;
  /** Web origins that browsers may call the API from. `CORS_ORIGINS`, separated by commas */
  readonly corsOrigins: readonly string[];
}

/** Settings of the local platform alone. */
export interface LocalSettings extends Settings {
  /** `PORT`; 0 takes a free one. */
  readonly port: number;
  /** `DATA_FILE`; `:memory:` keeps nothing. */
  readonly dataFile: string;
  /** `LOG_LEVEL` */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `SMTP_URL`, for example `smtp://localhost:1025`: mail goes there, too. */
  readonly smtpUrl?: string;
  /** `SMTP_FROM` */
  readonly smtpFrom: string;
  /** Who takes the money. `PAYMENTS`; `stripe` needs the secrets `STRIPE_SECRET_KEY` and `STRIPE_WEBHOOK_SECRET`. */
  readonly payments: 'simulated' | 'stripe';
  /** `STRIPE_API_BASE`, for a stand-in; Stripe itself when left out. */
  readonly stripeApiBase?: string;
  /** How often the orders are compared with the provider's books. `RECONCILE_INTERVAL_MS` */
  readonly reconcileIntervalMs: number;
}

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Digits alone: what JavaScript also takes for a number (a space, `0x10`, `1e3`) is more likely a slip. */
const integer = (least: number, most: number, standard: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message)
    .default(standard);
};

/** The settings of every platform, by their keys in the environment. */
export const SHARED_SETTINGS = {
  APPROVAL_THRESHOLD: integer(1, Number.MAX_SAFE_INTEGER, 100_000),
  HIGH_VALUE_THRESHOLD: integer(1, Number.MAX_SAFE_INTEGER, 10_000),
  CONFIRMATION_TIMEOUT_MS: integer(1, DAY_MS, 300_000),
  APPROVAL_TIMEOUT_MS: integer(1, 30 * DAY_MS, DAY_MS),
  RETRY_BASE_MS: integer(1, 5_000, 2_000),
  SWEEP_INTERVAL_MS: integer(100, 3_600_000, 60_000),
  // What was sent is remembered for 30 days (see the port Inbox): of an older event it could be sent again.
  NOTICE_MAX_AGE_MS: integer(60_000, 30 * DAY_MS, DAY_MS),
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .transform((list) => list.filter((origin) => origin !== ''))
    .refine((list) => list.every(isOrigin), 'must be origins such as https://shop.example, separated by commas'),
};

export const LOG_LEVEL_SETTING = z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info');
export const SMTP_FROM_SETTING = z.email('must be a mail address').default('orders@localhost.localdomain');

/** Who takes the money. */
export const PAYMENT_SETTINGS = {
  PAYMENTS: z.enum(['simulated', 'stripe'], 'must be simulated or stripe').default('simulated'),
  STRIPE_API_BASE: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:12111' })
    // The secret key goes there.
    .refine(isSafeTarget, 'must be https, or http to this machine')
    .optional(),
};

const local = {
  PORT: integer(0, 65_535, 3_000),
  DATA_FILE: z
    .string()
    .refine(
      (file) => basename(file) !== 'gateway.sqlite',
      "must not be gateway.sqlite: the gateway's own books have that name",
    )
    .default('data/orders.sqlite'),
  LOG_LEVEL: LOG_LEVEL_SETTING,
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'must be a URL such as smtp://localhost:1025' }).optional(),
  SMTP_FROM: SMTP_FROM_SETTING,
  ...PAYMENT_SETTINGS,
  RECONCILE_INTERVAL_MS: integer(60_000, 30 * DAY_MS, DAY_MS),
};

/** Reads the local platform's settings; throws one SettingsError that names every key that is wrong and what it must be. */
export function readLocalSettings(environment: Environment): LocalSettings {
  const data = readEnvironment(environment, { ...SHARED_SETTINGS, ...local });
  return {
    ...sharedSettings(data),
    port: data.PORT,
    dataFile: data.DATA_FILE,
    logLevel: data.LOG_LEVEL,
    ...(data.SMTP_URL !== undefined && { smtpUrl: data.SMTP_URL }),
    smtpFrom: data.SMTP_FROM,
    payments: data.PAYMENTS,
    ...(data.STRIPE_API_BASE !== undefined && { stripeApiBase: data.STRIPE_API_BASE }),
    reconcileIntervalMs: data.RECONCILE_INTERVAL_MS,
  };
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says of these keys; set to nothing counts as not set. Throws one SettingsError for all that is wrong. */
export function readEnvironment<Shape extends z.ZodRawShape>(
  environment: Environment,
  shape: Shape,
): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = z.object(shape).safeParse(given);
  if (!result.success) throw new SettingsError(explain(result.error));
  return result.data;
}

export function sharedSettings(data: z.output<z.ZodObject<typeof SHARED_SETTINGS>>): Settings {
  return {
    approvalThreshold: data.APPROVAL_THRESHOLD,
    highValueThreshold: data.HIGH_VALUE_THRESHOLD,
    confirmationTimeoutMs: data.CONFIRMATION_TIMEOUT_MS,
    approvalTimeoutMs: data.APPROVAL_TIMEOUT_MS,
    retryBaseMs: data.RETRY_BASE_MS,
    sweepIntervalMs: data.SWEEP_INTERVAL_MS,
    noticeMaxAgeMs: data.NOTICE_MAX_AGE_MS,
    corsOrigins: data.CORS_ORIGINS,
  };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function isSafeTarget(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

function explain(error: z.ZodError): string {
  const lines = error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  return `these settings are not usable:\n${lines.join('\n')}`;
}
