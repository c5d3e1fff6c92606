import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
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
    expect(read(file)).not.toMatch(/secrets\.|ACCESS_KEY|access-key-id|pull_request_target/);
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
    const runs = steps.flatMap(({ run = '' }) => [...run.matchAll(/npm run (?:--silent )?([\w:]+)/g)]);
    expect(runs.map(([, name = '']) => name).filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('puts nothing of a pull request into a script', () => {
    const scripts = jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });
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
