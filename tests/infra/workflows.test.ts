import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly permissions?: Readonly<Record<string, string>>;
        readonly 'timeout-minutes'?: number;
        readonly if?: string;
        readonly steps: readonly Step[];
      }
    >
  >;
}

const FOLDER = '.github/workflows';
const files = readdirSync(FOLDER);
const PACKAGE = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
};
const PULUMI = PACKAGE.dependencies['@pulumi/pulumi'];
/** As GitHub evaluates it. */
const expression = (what: string) => `\${{ ${what} }}`;
const read = (file: string) => readFileSync(`${FOLDER}/${file}`, 'utf8');

describe.each(files)('the workflow %s', (file) => {
  const workflow = load(read(file)) as Workflow;
  const jobs = Object.values(workflow.jobs);

  it('may read and nothing else, but for jobs that say so', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const granted = jobs.flatMap(({ permissions = {} }) =>
      Object.entries(permissions).filter(([, right]) => right === 'write'),
    );
    expect(granted.map(([name]) => name).filter((name) => !['id-token', 'pull-requests'].includes(name))).toEqual([]);
  });

  it('pins every action by its SHA, and says which version that is', () => {
    const used = read(file)
      .split('\n')
      .filter((line) => /^\s*- uses:/.test(line));
    expect(used.filter((line) => !/uses: [\w./-]+@[0-9a-f]{40} # v\d/.test(line))).toEqual([]);
  });

  it('has no long-lived key, leaves no token behind, and ends', () => {
    expect(read(file)).not.toMatch(/ACCESS_KEY|ACCESS_TOKEN|access-key-id|pull_request_target/);
    // Needed with a bucket for the state, and opens nothing without a right to the bucket.
    const secrets = [...read(file).matchAll(/secrets\.(\w+)/g)].map(([, name]) => name);
    expect(secrets.filter((name) => name !== 'PULUMI_CONFIG_PASSPHRASE')).toEqual([]);
    for (const { steps, ...job } of jobs) {
      expect(job['timeout-minutes']).toBeLessThanOrEqual(30);
      const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
      expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
    }
  });

  it('installs the Pulumi that the program is written for, and runs the commands of this project', () => {
    const steps = jobs.flatMap((job) => job.steps);
    const installed = steps.filter(({ uses }) => uses?.startsWith('pulumi/actions@'));
    expect(installed.map((step) => step.with)).toEqual(installed.map(() => ({ 'pulumi-version': PULUMI })));
    const { scripts } = PACKAGE;
    const runs = steps.flatMap(({ run = '' }) => [...run.matchAll(/npm run (?:--silent )?([\w:]+)(.*)/g)]);
    expect(runs.map(([, name = '']) => name).filter((name) => scripts[name] === undefined)).toEqual([]);
    for (const [, name, args = ''] of runs) {
      const help = readFileSync(`scripts/${name}.ts`, 'utf8');
      const options = [...args.matchAll(/ --([a-z-]+)/g)].map(([, option = '']) => option);
      expect(options.filter((option) => !help.includes(`  --${option} `))).toEqual([]);
    }
  });

  it('makes no stack and changes none; says where the state is, and who the job is', () => {
    for (const { steps, permissions } of jobs) {
      const previews = steps.filter(({ run }) => run?.includes('npm run --silent preview'));
      expect(steps.flatMap(({ run }) => run ?? []).join('\n')).not.toMatch(
        /--create(?!-)|run (--silent )?(up|cleanup)|^\s*pulumi /m,
      );
      for (const { env } of previews) {
        expect(env).toMatchObject({
          STACK: expression('matrix.stack'),
          PULUMI_BACKEND_URL: expression('vars.PULUMI_BACKEND_URL'),
          PULUMI_DEFAULT_ORGANIZATION: expression('vars.PULUMI_ORGANIZATION'),
          PULUMI_CONFIG_PASSPHRASE: expression('secrets.PULUMI_CONFIG_PASSPHRASE'),
        });
        expect(permissions).toEqual({ contents: 'read', 'id-token': 'write' });
        const roles = steps.flatMap((step) => step.with?.['role-to-assume'] ?? []);
        expect(roles).toEqual([expression('matrix.role')]);
        const [login] = steps.filter(({ uses }) => uses?.startsWith('pulumi/auth-actions@'));
        expect(login?.if).toBe("vars.PULUMI_ORGANIZATION != ''");
      }
    }
  });

  it('puts nothing of a pull request into a script', () => {
    const scripts = jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });
});

it('drift is looked for by night, on the main line alone', () => {
  const { on, jobs } = load(read('drift.yaml')) as Workflow & { readonly on: object };
  expect(Object.keys(on)).toEqual(['schedule', 'workflow_dispatch']);
  const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  expect(runs).toContain('npm run --silent preview -- "$STACK" --refresh --expect-no-changes');
});

describe('a pull request from a fork', () => {
  const { jobs } = load(read('preview.yaml')) as Workflow;

  it('gets the plan, and no identity', () => {
    expect(jobs['plan']?.if).toBeUndefined();
    expect(jobs['plan']?.permissions).toBeUndefined();
    const identified = Object.values(jobs).filter(({ permissions }) => permissions?.['id-token'] === 'write');
    expect(identified.map((job) => job.if)).toEqual([
      expect.stringContaining('github.event.pull_request.head.repo.full_name == github.repository'),
    ]);
  });

  it('is never run by the job that may write comments', () => {
    const writers = Object.values(jobs).filter(({ permissions }) => permissions?.['pull-requests'] === 'write');
    expect(writers).toHaveLength(1);
    for (const { permissions, steps } of writers) {
      expect(permissions).toEqual({ 'pull-requests': 'write' });
      expect(steps.filter(({ uses = '', run = '' }) => uses.includes('checkout') || /npm|node/.test(run))).toEqual([]);
    }
  });
});
