import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { exampleAddressesOf, readConfig } from '../../infra/config.ts';

/** What a stack file says, without the project's name. */
function fileOf(environment: string): Record<string, string> {
  const { config } = load(readFileSync(`Pulumi.${environment}.yaml`, 'utf8')) as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace('tricloud-orders:', ''), String(value)]),
  );
}

const DEV = fileOf('dev');
const complaint = (stack: string, values: Readonly<Record<string, string | undefined>>): string => {
  try {
    readConfig(stack, values);
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the configuration of a stack', () => {
  it.each(['dev', 'prod'])('of %s is usable as it stands in its file, and each key has a comment', (environment) => {
    const config = readConfig(`aws-${environment}`, fileOf(environment));
    expect(config).toMatchObject({ cloud: 'aws', environment, production: environment === 'prod' });
    const lines = readFileSync(`Pulumi.${environment}.yaml`, 'utf8').split('\n');
    const lonely = lines.filter(
      (line, index) => /^ {2}tricloud-orders:/.test(line) && !/^ {2}(#|tricloud-orders:)/.test(lines[index - 1] ?? ''),
    );
    expect(lonely).toEqual([]);
  });

  it.each([
    ['orders', 'the stack orders is not named <cloud>-<environment>'],
    ['aws', 'is not named'],
    ['ibm-dev', 'one of aws, azure, gcp, and one of dev, staging, prod'],
    ['aws-test', 'is not named'],
  ])('of the stack %s says how stacks are named', (stack, words) => {
    expect(complaint(stack, DEV)).toContain(words);
  });

  it('of another environment than the stack names the command to type', () => {
    expect(complaint('aws-prod', DEV)).toContain(
      'environment: is dev, and the stack is aws-prod: use npm run up -- aws-prod, or pulumi up --stack aws-prod --config-file Pulumi.prod.yaml',
    );
  });

  it.each([
    ['operatorsEmail', 'nobody', 'must be a mail address'],
    ['corsOrigins', '*', 'must be origins such as https://shop.example or http://localhost:5173, separated by commas'],
    ['corsOrigins', 'https://shop.example/path', 'must be origins'],
    ['payments', 'paypal', 'must be simulated or stripe'],
    ['corsOrigins', 'http://shop.example', 'must be origins'],
    [
      'corsOrigins',
      'null',
      'must be origins such as https://shop.example or http://localhost:5173, separated by commas, or ""',
    ],
    ['approvalThreshold', '0', 'must be a whole number from 1 to'],
    ['approvalThreshold', '1e3', 'must be a whole number from 1 to'],
    ['confirmationTimeoutMs', '999', 'must be a whole number from 1000 to 86400000'],
    ['logRetentionDays', '15', 'must be one of 1, 3, 5, 7, 14'],
    ['apiConcurrency', '-1', 'must be a whole number from 0 to 1000'],
    ['tracing', 'yes', 'must be true or false'],
    ['awsRegion', 'Frankfurt', 'must be a region such as eu-central-1'],
    ['awsRegion', 'us-gov-west-1', 'must be a region such as eu-central-1 (not of China or GovCloud)'],
    ['awsAccount', '1234', 'must be the twelve digits of an account, in quotes, or ""'],
    ['awsSignInDomain', 'Orders', 'must be 1 to 63 of a-z, 0-9 and hyphens'],
    ['awsSignInDomain', 'my-aws-orders', 'must be 1 to 63 of a-z, 0-9 and hyphens, without the words aws'],
    ['awsSignInMailIdentity', 'shop.example', 'must be an ARN such as arn:aws:ses:'],
  ])('with %s as %s says: %s', (key, value, words) => {
    const said = complaint('aws-dev', { ...DEV, [key]: value });
    expect(said).toContain(`${key}: is ${value}, and ${words}`);
  });

  it('names everything that is missing, wrong or unknown at once', () => {
    const { smtpFrom: _, monthlyBudget: __, ...rest } = DEV;
    const said = complaint('aws-dev', { ...rest, tracing: 'maybe', smptFrom: 'a@b.example' });
    for (const words of [
      'smtpFrom: is missing: it must be',
      'monthlyBudget: is missing',
      'tracing: is maybe',
      'smptFrom: there is no such key',
    ]) {
      expect(said).toContain(words);
    }
  });

  it('of prod takes no simulated payments', () => {
    expect(complaint('aws-prod', { ...fileOf('prod'), payments: 'simulated' })).toContain(
      'payments: must be stripe in prod',
    );
  });

  it('says that an empty value is empty', () => {
    expect(complaint('aws-dev', { ...DEV, operatorsEmail: '' })).toContain(
      'operatorsEmail: is empty, and must be a mail address',
    );
  });

  it('still holds addresses of nobody when it is new, and says which', () => {
    const config = readConfig('aws-dev', DEV);
    expect(exampleAddressesOf(config)).toEqual([
      'operatorsEmail is still operators@example.com',
      'smtpFrom is still orders@example.com',
    ]);
    expect(exampleAddressesOf({ ...config, operatorsEmail: 'ops@shop.test', smtpFrom: 'orders@shop.test' })).toEqual(
      [],
    );
  });
});
