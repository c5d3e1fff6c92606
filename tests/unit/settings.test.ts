import { describe, expect, it } from 'vitest';
import { readLocalSettings, SettingsError } from '../../shared/config/settings.ts';

const DAY_MS = 86_400_000;

const DEFAULTS = {
  approvalThreshold: 100_000,
  highValueThreshold: 10_000,
  confirmationTimeoutMs: 300_000,
  approvalTimeoutMs: DAY_MS,
  retryBaseMs: 2_000,
  sweepIntervalMs: 60_000,
  noticeMaxAgeMs: DAY_MS,
  corsOrigins: [],
  port: 3_000,
  dataFile: 'data/orders.sqlite',
  logLevel: 'info',
  smtpFrom: 'orders@localhost.localdomain',
  payments: 'simulated',
  reconcileIntervalMs: DAY_MS,
};

/** Key in the environment, name in the settings, least and most. */
const NUMBERS = [
  ['APPROVAL_THRESHOLD', 'approvalThreshold', 1, Number.MAX_SAFE_INTEGER],
  ['HIGH_VALUE_THRESHOLD', 'highValueThreshold', 1, Number.MAX_SAFE_INTEGER],
  ['CONFIRMATION_TIMEOUT_MS', 'confirmationTimeoutMs', 1, DAY_MS],
  ['APPROVAL_TIMEOUT_MS', 'approvalTimeoutMs', 1, 30 * DAY_MS],
  ['RETRY_BASE_MS', 'retryBaseMs', 1, 5_000],
  ['SWEEP_INTERVAL_MS', 'sweepIntervalMs', 100, 3_600_000],
  ['NOTICE_MAX_AGE_MS', 'noticeMaxAgeMs', 60_000, 30 * DAY_MS],
  ['PORT', 'port', 0, 65_535],
  ['RECONCILE_INTERVAL_MS', 'reconcileIntervalMs', 60_000, 30 * DAY_MS],
] as const;
const KEYS = [
  ...NUMBERS.map(([key]) => key),
  'CORS_ORIGINS',
  'DATA_FILE',
  'LOG_LEVEL',
  'SMTP_URL',
  'SMTP_FROM',
  'PAYMENTS',
  'STRIPE_API_BASE',
];

/** What is said of one key; undefined when nothing is. */
function complaint(key: string, value: string): string | undefined {
  try {
    readLocalSettings({ [key]: value });
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    const lines = (error as SettingsError).message.split('\n');
    expect(lines[0]).toBe('these settings are not usable:');
    expect(lines).toHaveLength(2);
    return lines[1]?.trim();
  }
}

describe('the settings', () => {
  it('are these when nothing is set', () => {
    expect(readLocalSettings({})).toEqual(DEFAULTS);
  });

  it('are the same when everything is set to nothing', () => {
    expect(readLocalSettings(Object.fromEntries(KEYS.map((key) => [key, ''])))).toEqual(DEFAULTS);
    expect(readLocalSettings(Object.fromEntries(KEYS.map((key) => [key, undefined])))).toEqual(DEFAULTS);
  });

  it('do not mind what else is in the environment', () => {
    expect(readLocalSettings({ PATH: '/bin', port: '4000' })).toEqual(DEFAULTS);
  });

  it.each(NUMBERS)('take %s as %s from %d to %d', (key, name, least, most) => {
    for (const value of [least, most]) {
      expect(readLocalSettings({ [key]: `${value}` })).toEqual({ ...DEFAULTS, [name]: value });
    }
  });

  it.each(NUMBERS)('refuse %s beyond its bounds, and say what they are', (key, _, least, most) => {
    const message = `${key}: must be a whole number from ${least} to ${most}`;
    expect(complaint(key, `${least - 1}`)).toBe(message);
    expect(complaint(key, `${most + 1}`)).toBe(message);
  });

  const NONSENSE = [
    'many',
    '1.5',
    '-1',
    '1e3',
    '0x10',
    'Infinity',
    'NaN',
    ' ',
    '1 000',
    '5s',
    '99999999999999999999',
    'true',
    '٣',
  ];

  it.each(NUMBERS.flatMap(([key]) => NONSENSE.map((value) => ({ key, value }))))(
    'refuse $key=$value',
    ({ key, value }) => {
      expect(complaint(key, value)).toMatch(new RegExp(`^${key}: must be a whole number from \\d+ to \\d+$`));
    },
  );

  it.each(['debug', 'info', 'warn', 'error', 'silent'] as const)('take the log level %s', (logLevel) => {
    expect(readLocalSettings({ LOG_LEVEL: logLevel })).toEqual({ ...DEFAULTS, logLevel });
  });

  it.each(['verbose', 'INFO', 'trace'])('refuse the log level %s, and name those there are', (level) => {
    expect(complaint('LOG_LEVEL', level)).toMatch(/^LOG_LEVEL: .*debug.*info.*warn.*error.*silent/);
  });

  it.each([
    ['https://shop.example', ['https://shop.example']],
    ['https://shop.example, http://localhost:5173 ,', ['https://shop.example', 'http://localhost:5173']],
    [' , ', []],
  ])('take the origins "%s"', (list, corsOrigins) => {
    expect(readLocalSettings({ CORS_ORIGINS: list })).toEqual({ ...DEFAULTS, corsOrigins });
  });

  it.each([
    '*',
    'shop.example',
    'https://shop.example/',
    'https://shop.example/path',
    'null',
    'https://a.example;https://b.example',
    'https://ok.example,nonsense',
  ])('refuse the origins "%s", and show what one looks like', (list) => {
    expect(complaint('CORS_ORIGINS', list)).toBe(
      'CORS_ORIGINS: must be origins such as https://shop.example, separated by commas',
    );
  });

  it.each(['smtp://localhost:1025', 'smtps://user:password@mail.example'])('take the mail server %s', (smtpUrl) => {
    expect(readLocalSettings({ SMTP_URL: smtpUrl })).toEqual({ ...DEFAULTS, smtpUrl });
  });

  it.each(['localhost:1025', 'http://localhost:1025', 'smtp', '1025'])('refuse the mail server %s', (url) => {
    expect(complaint('SMTP_URL', url)).toBe('SMTP_URL: must be a URL such as smtp://localhost:1025');
  });

  it('take a sender, and refuse what is no address', () => {
    expect(readLocalSettings({ SMTP_FROM: 'orders@shop.example' }).smtpFrom).toBe('orders@shop.example');
    expect(complaint('SMTP_FROM', 'orders')).toBe('SMTP_FROM: must be a mail address');
  });

  it('take Stripe for payments, and nobody else', () => {
    expect(readLocalSettings({ PAYMENTS: 'stripe' }).payments).toBe('stripe');
    expect(complaint('PAYMENTS', 'paypal')).toBe('PAYMENTS: must be simulated or stripe');
  });

  it.each(['http://127.0.0.1:12111', 'http://localhost:12111', 'http://[::1]:12111', 'https://api.stripe.com'])(
    'let the secret key of Stripe go to %s',
    (stripeApiBase) => {
      expect(readLocalSettings({ STRIPE_API_BASE: stripeApiBase }).stripeApiBase).toBe(stripeApiBase);
    },
  );

  it('do not let the secret key of Stripe go to another machine in the clear', () => {
    expect(complaint('STRIPE_API_BASE', 'http://stripe.example')).toBe(
      'STRIPE_API_BASE: must be https, or http to this machine',
    );
  });

  it('take a data file, also none', () => {
    expect(readLocalSettings({ DATA_FILE: ':memory:' }).dataFile).toBe(':memory:');
    expect(readLocalSettings({ DATA_FILE: '/tmp/dinner.sqlite' }).dataFile).toBe('/tmp/dinner.sqlite');
  });

  it("refuse a data file where the gateway's own books will be", () => {
    expect(complaint('DATA_FILE', 'data/gateway.sqlite')).toMatch(/^DATA_FILE: must not be gateway\.sqlite/);
  });

  it('are refused for every key that is wrong, all at once', () => {
    const wrong = Object.fromEntries(KEYS.filter((key) => key !== 'DATA_FILE').map((key) => [key, 'nonsense']));
    const read = () => readLocalSettings(wrong);
    expect(read).toThrow(SettingsError);
    for (const key of Object.keys(wrong)) expect(read).toThrow(new RegExp(`^  ${key}: `, 'm'));
  });

  it('never repeat a value that may be a secret', () => {
    expect(complaint('SMTP_URL', 'http://user:hunter2@mail.example')).not.toContain('hunter2');
  });
});
