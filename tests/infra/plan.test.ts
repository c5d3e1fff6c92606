import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { findingsOf } from '../../infra/policy/rules.ts';
import { makePlan } from '../../scripts/plan/make-plan.ts';
import { planDiff } from '../../scripts/plan/plan-text.ts';
import { type Plan, UNKNOWN } from '../../scripts/plan/recorded.ts';
import { typeProblems } from '../../scripts/plan/type-check.ts';

const plans = inject('plans');
const KEEPS_DATA = /:(Table|Bucket|UserPool|Secret)$/;

describe.each(['dev', 'prod'] as const)('the plan of aws-%s', (environment) => {
  const plan = plans[environment];

  it('keeps every rule, and every input is one that the provider takes', async () => {
    expect(
      findingsOf(plan.resources, environment === 'prod').map(({ rule, resource }) => `${rule.name} ${resource.name}`),
    ).toEqual([]);
    expect(await typeProblems(plan)).toEqual([]);
  }, 60_000);

  it('has every output, and nothing of it is a guess', () => {
    expect(Object.keys(plan.outputs).toSorted()).toEqual(
      [
        'apiUrl',
        'clientId',
        'dashboardUrl',
        'eventBus',
        'issuer',
        'orderStore',
        'receiptsBucket',
        'restaurantStore',
        'secrets',
        'signInUrl',
      ].toSorted(),
    );
    expect(JSON.stringify(plan)).not.toContain(UNKNOWN);
  });

  it('names everything after the environment: two of them fit into one account', () => {
    const named = plan.resources.filter(({ custom, inputs }) => custom && typeof inputs['name'] === 'string');
    const shared = named.filter(({ type }) => !/UserGroup|Authorizer|Stage/.test(type));
    expect(
      shared.filter(({ inputs }) => !String(inputs['name']).includes(`orders-${environment}`)).map(({ type }) => type),
    ).toEqual([]);
  });

  it(`${environment === 'prod' ? 'protects' : 'lets go of'} what keeps data`, () => {
    const keeping = plan.resources.filter(({ type }) => KEEPS_DATA.test(type));
    expect(keeping.length).toBeGreaterThan(6);
    // Never "retained": what Pulumi has forgotten is in the way of the next stack of that name.
    for (const { name, protect, retainOnDelete } of keeping)
      expect([name, protect, retainOnDelete]).toEqual([name, environment === 'prod', false]);
  });

  it('puts everything under a component of its own', () => {
    const roots = plan.resources.filter(
      ({ parent, custom }) => custom && parent?.includes('pulumi:pulumi:Stack') && !parent.includes('$'),
    );
    expect(roots.map(({ type }) => type)).toEqual(['pulumi:providers:aws']);
    const components = new Set(plan.resources.filter(({ custom }) => !custom).map(({ type }) => type));
    expect([...components].filter((type) => !/^(orders:aws:[A-Z]|pulumi:pulumi:Stack)/.test(type))).toEqual([]);
  });

  it('lets browsers ask before they call: no route that wants a token takes their question', () => {
    const routes = plan.resources.filter(({ type }) => type.endsWith(':Route'));
    const keys = routes.filter(({ inputs }) => inputs['authorizationType'] === 'JWT').map(({ name }) => name);
    expect(keys).toContain('GET /v1/{proxy+}');
    expect(keys.filter((key) => /^(ANY |OPTIONS |\$default)/.test(key))).toEqual([]);
  });

  it('lets people write nothing that grants anything, and sign in by code alone', () => {
    const client = plan.resources.find(({ type }) => type.endsWith(':UserPoolClient'));
    expect(client?.inputs).toMatchObject({
      writeAttributes: ['email', 'name'],
      allowedOauthFlows: ['code'],
      generateSecret: false,
      preventUserExistenceErrors: 'ENABLED',
    });
  });

  it('has a page for each alarm in the runbook', async () => {
    const { readFile } = await import('node:fs/promises');
    const runbook = await readFile('docs/runbooks/alarms-aws.md', 'utf8');
    const alarms = plan.resources.filter(({ type }) => type.endsWith(':MetricAlarm')).map(({ name }) => name);
    const topics = alarms.map((name) => name.replace(/^.*-(errors|gave-up|throttles|dead-letters)$/, '$1'));
    expect([...new Set(topics)].filter((topic) => !runbook.includes(`\`${topic}\``))).toEqual([]);
  });
});

describe('a plan', () => {
  it('fails as the program fails, with what to type', async () => {
    const config = {
      'tricloud-orders:environment': 'prod',
      'tricloud-orders:tracing': undefined,
      'tricloud-orders:colour': 'red',
    };
    const said = await makePlan('aws-dev', { config }).catch(String);
    for (const words of ['use npm run up -- aws-dev', 'tracing: is missing', 'colour: there is no such key'])
      expect(said).toContain(words);
    await expect(makePlan('azure-dev')).rejects.toThrow('there is no program for azure yet');
    await expect(makePlan('aws-staging')).rejects.toThrow('there is no Pulumi.staging.yaml');
  }, 60_000);

  it('says which inputs the provider does not take', async () => {
    const plan = plans.dev;
    const [table] = plan.resources.filter(({ type }) => type.endsWith(':Table'));
    const wrong = [
      { ...table, inputs: { ...table?.inputs, billingMode: 7 } },
      { ...table, inputs: { ...table?.inputs, colour: 'red' } },
      { ...table, inputs: { hashKey: [] } },
    ];
    const problems = await typeProblems({ ...plan, resources: wrong as unknown as Plan['resources'] });
    expect(problems.length).toBeGreaterThanOrEqual(3);
    expect(problems.join('\n')).toMatch(/colour.* does not exist/);
    expect(problems.every((problem) => problem.startsWith('urn:pulumi:aws-dev::'))).toBe(true);
  }, 60_000);

  it('is compared with another one, resource by resource', async () => {
    const [dev, prod] = [plans.dev, plans.prod];
    expect(planDiff(dev, dev)).toEqual([]);
    const [first, ...rest] = dev.resources.filter(({ type }) => type.endsWith(':Queue'));
    const other = {
      ...dev,
      resources: dev.resources
        .filter((one) => one !== first)
        .map((one) => (one === rest[0] ? { ...one, protect: true } : one)),
    };
    expect(planDiff(dev, other)).toEqual([
      `- ${first?.name}  ${first?.type}`,
      `~ ${rest[0]?.name}  ${rest[0]?.type}`,
      '    protected: false -> true',
    ]);
    expect(planDiff(other, dev)).toContain(`+ ${first?.name}  ${first?.type}`);
    expect(planDiff(dev, prod).length).toBeGreaterThan(100);
  }, 60_000);
});

describe('npm run plan', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-plan-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const plan = (...args: readonly string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const command = ['--import', './scripts/prelude.mjs', 'scripts/plan.ts', ...args];
      execFile(process.execPath, command, { maxBuffer: 20_000_000 }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });

  it('prints a tree, counts, outputs and a last line in words', async () => {
    const { code, stdout } = await plan('aws-dev');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n {2}orders {2}orders:aws:OrderStack\n {4}store {2}orders:aws:OrderStore\n/);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^aws-dev: \d+ resources, 0 problems of types, 0 findings of the rules$/,
    );
  }, 60_000);

  it('compares with what it printed before, and with nothing else', async () => {
    const against = async (text: string) => {
      const file = join(folder, 'before.json');
      await writeFile(file, text);
      return plan('aws-dev', '--diff', file);
    };
    const same = { code: 0, stdout: 'nothing differs\n', stderr: '' };
    expect(await against(JSON.stringify(plans.dev))).toEqual(same);
    const other = await against(JSON.stringify({ stack: 'aws-prod', resources: [] }));
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('is a plan of aws-prod, not of aws-dev')]);
    const hint = 'is no plan; write one with npm run --silent plan -- aws-dev --json > ';
    for (const text of [
      '> plan\n{}',
      '[]',
      '{"stack":"aws-dev","resources":7}',
      '{"stack":"aws-dev","resources":[null]}',
    ]) {
      const { code, stderr } = await against(text);
      expect([code, stderr]).toEqual([2, expect.stringContaining(hint)]);
    }
  }, 60_000);

  it('is the same of another checkout, also by a link to it', async () => {
    const [root, link] = [join(folder, 'checkout'), join(folder, 'link')];
    for (const part of ['infra', 'shared', 'Pulumi.yaml', 'Pulumi.dev.yaml', 'package.json'])
      await cp(part, join(root, part), { recursive: true });
    await symlink(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
    await symlink(root, link);
    const elsewhere = await makePlan('aws-dev', { root: link });
    expect(planDiff(plans.dev, elsewhere)).toEqual([]);
    expect(elsewhere).toEqual(plans.dev);
  }, 60_000);

  it('says nothing of where it was made', () => {
    expect(JSON.stringify(plans)).not.toContain(process.cwd());
    const [code] = plans.dev.resources.flatMap(({ name, inputs }) => (name === 'api' && inputs['code']) || []);
    expect(code).toEqual({ archive: 'dist/aws/api' });
  });

  it.each([
    [[], 'name one stack, for example aws-dev'],
    [['aws-dev', 'aws-prod'], 'name one stack'],
    [['foo'], 'foo is not <cloud>-<environment>'],
    [['gcp-dev'], 'there is no program for gcp yet'],
    [['aws-dev', '--json', '--diff', 'before.json'], '--json and --diff do not go together'],
    [['aws-dev', '--diff', 'nowhere.json'], '--diff nowhere.json: cannot be read'],
    [['aws-dev', '--cwd', 'tests'], 'there is no Pulumi.yaml in'],
    [['aws-dev', '--force'], "Unknown option '--force'"],
  ])('called with %j says: %s', async (args, words) => {
    const { code, stdout, stderr } = await plan(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  const FAULTS: readonly (readonly [fault: string, code: number, words: string])[] = [
    ['one name twice', 1, "Duplicate resource URN 'urn:pulumi:aws-dev::faulty::aws:sns/topic:Topic::topic'"],
    ['a wrong type behind a cast', 1, "Topic::topic: Type 'string' is not assignable to type 'boolean | undefined'"],
    ['a broken rule', 1, 'cors-origins: aws:apigatewayv2/api:Api open may be called from every origin'],
    ['a changed stack file', 1, 'the program has changed Pulumi.dev.yaml'],
    ['an error that nobody expected', 1, 'faulty-program.ts:'],
    ['a look at the account', 1, 'a plan may not look up aws:index/getCallerIdentity:getCallerIdentity'],
  ];
  it.each(FAULTS)(
    'of a program with %s ends with %i and says: %s',
    async (fault, code, words) => {
      const root = await mkdtemp(join(folder, 'root-'));
      const main = join(import.meta.dirname, 'faulty-program.ts');
      await writeFile(join(root, 'Pulumi.yaml'), JSON.stringify({ name: 'faulty', runtime: 'nodejs', main }));
      await writeFile(join(root, 'Pulumi.dev.yaml'), JSON.stringify({ config: { 'faulty:fault': fault } }));
      const said = await plan('aws-dev', '--cwd', root);
      expect([said.code, `${said.stdout}${said.stderr}`]).toEqual([code, expect.stringContaining(words)]);
    },
    60_000,
  );

  const UNREADABLE: readonly (readonly [project: string, environment: string, words: string])[] = [
    ['name: faulty\nmain: index.ts', 'config: [', 'Pulumi.dev.yaml: '],
    [
      'name: faulty\nmain: index.ts',
      'config: [one, two]',
      'Pulumi.dev.yaml: config has to be a map of keys and values',
    ],
    [
      'name: faulty\nmain: index.ts',
      'config: {awsRegion: eu-central-1}',
      'Pulumi.dev.yaml: awsRegion has to be written faulty:awsRegion',
    ],
    ['name: [', '', 'Pulumi.yaml: '],
    ['', '', 'Pulumi.yaml: needs a name, and a main: the program'],
  ];
  it.each(UNREADABLE)('of the files %j and %j says: %s', async (project, environment, words) => {
    const root = await mkdtemp(join(folder, 'root-'));
    await writeFile(join(root, 'Pulumi.yaml'), project);
    await writeFile(join(root, 'Pulumi.dev.yaml'), environment);
    const { code, stderr } = await plan('aws-dev', '--cwd', root);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`plan: ${words}`)]);
  });
});
