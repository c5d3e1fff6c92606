import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import {
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { fillSecrets } from '../../scripts/deploy/aws-secrets.ts';
import { refuseProblems } from '../../scripts/deploy/refuse-problems.ts';
import type { Plan } from '../../scripts/plan/recorded.ts';
import { runScript } from '../e2e/local-process.ts';
import { type AwsStandIn, startAws } from '../emulators/aws/stand-in.ts';
import { awsEnvironment, type PulumiStandIn, type PulumiStandInOptions, pulumiStandIn } from './pulumi-stand-in.ts';

const COMMANDS = ['up', 'preview', 'cleanup', 'seed', 'smoke'] as const;
const OUTPUTS = { apiUrl: 'https://api.example', secrets: { pepper: 'orders-dev/pepper', smtp: 'orders-dev/smtp' } };

describe('the commands for a stack', () => {
  let pulumi: PulumiStandIn | undefined;
  let aws: AwsStandIn | undefined;
  const start = async (options: PulumiStandInOptions = {}): Promise<PulumiStandIn> => {
    pulumi = await pulumiStandIn(options);
    return pulumi;
  };
  afterEach(async () => {
    await pulumi?.remove();
    await aws?.close();
    [pulumi, aws] = [undefined, undefined];
  });

  it.each(COMMANDS)('%s says what to type when it was called the wrong way, and asks nobody', async (command) => {
    const { run, calls } = await start();
    const wrong = [[], ['aws-dev', 'aws-prod'], ['dev'], ['azure-dev']];
    const said = await Promise.all(wrong.map((args) => run(command, args)));
    expect(said.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(said.map(({ stderr }) => stderr.slice(command.length + 2).split(' (npm')[0])).toEqual([
      'name one stack, for example aws-dev',
      'name one stack, for example aws-dev',
      'dev is not <cloud>-<environment>: one of aws, azure, gcp, and one of dev, staging, prod',
      'there is no program for azure yet',
    ]);
    expect(await calls()).toEqual([]);
  });

  it.each(['up', 'preview', 'cleanup'])("%s without Pulumi's command says where it comes from", async (command) => {
    const { code, stderr } = await runScript(`scripts/${command}.ts`, ['aws-dev'], { PATH: '/nowhere' });
    expect(code).toBe(2);
    expect(stderr).toContain("Pulumi's CLI is not on the PATH: https://www.pulumi.com/docs/install");
  });

  it.each(['up', 'preview'])('%s says how to log in before it does anything else', async (command) => {
    const { run, calls } = await start({ fails: 'whoami' });
    const { code, stderr } = await run(command, ['aws-dev']);
    expect([code, await calls()]).toEqual([2, ['version', 'whoami --non-interactive']]);
    expect(stderr).toContain('Pulumi has no place for the state: pulumi login, or set PULUMI_BACKEND_URL');
  });

  it('up gives the pepper a value, and says which secrets want theirs; it may be repeated when that has failed', async () => {
    const { run, calls } = await start({ outputs: OUTPUTS });
    aws = await startAws();
    const error = { name: 'AccessDeniedException', status: 400 };
    aws.fault({ operation: 'GetSecretValue', kind: 'error', error, times: 1 });
    const provider = 'awskms://alias/pulumi?region=eu-central-1';
    const environment = { ...awsEnvironment(aws.url), PULUMI_SECRETS_PROVIDER: provider };
    const first = await run('up', ['aws-dev', '--yes'], environment);
    expect([first.code, first.stdout]).toEqual([1, 'aws-dev is up: https://api.example\n']);
    expect(first.stderr).toContain('aws-dev is up, but its secrets could not be looked at (AccessDeniedException)');
    expect(first.stderr).toContain('npm run up -- aws-dev again gives the pepper its value');
    const [version, whoami, select, up, output, ...more] = await calls();
    expect([version, whoami]).toEqual(['version', 'whoami --non-interactive']);
    expect(select).toBe(`stack select aws-dev --create --secrets-provider ${provider}`);
    expect(up).toMatch(/^up --stack aws-dev --config-file Pulumi\.dev\.yaml --policy-pack \S+dist.policy --yes$/);
    expect([output, more]).toEqual(['stack output --json --stack aws-dev', []]);

    const second = await run('up', ['aws-dev', '--yes'], awsEnvironment(aws.url));
    expect(await calls()).toContain('stack select aws-dev --create');
    expect([second.code, second.stdout]).toEqual([
      0,
      'aws-dev is up: https://api.example\n' +
        'give orders-dev/smtp a value: aws secretsmanager put-secret-value --region eu-central-1 --secret-id orders-dev/smtp ' +
        '--secret-string file://FILE\n',
    ]);
    expect(Buffer.from(aws.secrets.get('orders-dev/pepper') ?? '', 'base64url')).toHaveLength(32);
  }, 60_000);

  it.each(['seed', 'smoke'])('%s says so where nothing was deployed', async (command) => {
    const { run, environment } = await start({ outputs: {} });
    const tokens = { ORDERS_CUSTOMER_TOKEN: 'a', ORDERS_RESTAURANT_TOKEN: 'b', ORDERS_TOKEN: 'c' };
    const { code, stderr } = await run(command, ['aws-dev'], tokens);
    expect([code, stderr]).toEqual([1, `${command}: aws-dev has no outputs: is it deployed? npm run up -- aws-dev\n`]);
    // Of what the secrets in the state are encrypted by: a checkout has no file that would say it.
    expect(await environment()).toContain('PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true');
  });

  it('an interrupt waits for Pulumi, which ends in order', async () => {
    const { path, calls } = await start({ lasts: 'stack export' });
    // A group of its own, as a terminal makes one: an interrupt reaches all of it.
    const options = { detached: true, env: { ...process.env, ...path() } };
    const command = ['--import', './scripts/prelude.mjs', 'scripts/cleanup.ts', 'aws-dev'];
    const child = spawn(process.execPath, command, options);
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const ended = once(child, 'exit');
    // At once: an interrupt that comes as soon as Pulumi runs has to be waited for, too.
    while ((await calls()).length === 0) await pause(1);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await ended).toEqual([1, null]);
    expect(said).toContain('cleanup: pulumi stack export ended with 130');
  });

  it('preview brings the rules and the settings, makes no stack unless it is told to, and ends with 1 when Pulumi does', async () => {
    const { run, calls } = await start({ fails: 'preview' });
    const { code, stderr } = await run('preview', ['aws-dev', '--refresh', '--expect-no-changes']);
    expect(stderr).toContain('aws-dev, in eu-central-1: the plan, its types and its rules');
    expect([code, stderr.trimEnd().split('\n').at(-1)]).toEqual([1, 'preview: pulumi preview ended with 255']);
    const [, , select, preview, ...more] = await calls();
    expect(select).toBe('stack select aws-dev');
    expect(preview).toMatch(
      /^preview --stack aws-dev --config-file Pulumi\.dev\.yaml --policy-pack \S+dist.policy --diff --refresh --expect-no-changes$/,
    );
    expect(more).toEqual([]);
  }, 60_000);

  it('preview of a stack that is not there says what makes it', async () => {
    const { run } = await start({ fails: 'stack select aws-dev' });
    const { code, stderr } = await run('preview', ['aws-dev']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('there is no stack aws-dev to compare with: npm run up'),
    ]);
  }, 60_000);
});

describe('what is deployed', () => {
  const { dev } = inject('plans');
  const without = (suffix: string, change: (inputs: Plan['resources'][number]['inputs']) => object) => ({
    ...dev,
    resources: dev.resources.map((one) =>
      one.type.endsWith(suffix) ? { ...one, inputs: { ...one.inputs, ...change(one.inputs) } } : one,
    ),
  });

  it('keeps the rules, and has inputs that the provider takes', async () => {
    await expect(refuseProblems(dev, false)).resolves.toBeUndefined();
    const open = without(':Api', () => ({ corsConfiguration: { allowOrigins: ['*'] } }));
    await expect(refuseProblems(open, false)).rejects.toThrow(/^the plan is not good:\ncors-origins: /);
    const wrong = without(':Table', () => ({ billingMode: 7 }));
    await expect(refuseProblems(wrong, false)).rejects.toThrow(
      /urn:pulumi:aws-dev::.*: Type 'number' is not assignable/,
    );
  }, 60_000);
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
