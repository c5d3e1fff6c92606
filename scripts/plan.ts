import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findingsOf } from '../infra/policy/rules.ts';
import { runCommand, UsageError } from './command.ts';
import { makePlan } from './plan/make-plan.ts';
import { findingText, planDiff, planText } from './plan/plan-text.ts';
import type { Plan } from './plan/recorded.ts';
import { typeProblems } from './plan/type-check.ts';

const HELP = `npm run plan -- STACK [--json] [--diff OTHER.json] [--cwd DIR]

Shows what a stack would be made of, without an account, Pulumi's CLI or a network: runs the program through its real entry point with
the real file of the stack against a stand-in for the engine, holds everything against the types of the provider's SDK and the
rules of infra/policy.

  STACK         <cloud>-<environment>, for example aws-dev
  --json        prints the plan, for --diff and other programs
  --diff FILE   what differs from another plan, which --json printed
  -C, --cwd DIR where Pulumi.yaml is, if not here

Ends with 1 for names that are there twice, configuration that is missing or unknown, inputs that do not type-check, a mandatory rule
that is broken, and a changed stack file; with 2 when it was called the wrong way.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      diff: { type: 'string' },
      cwd: { type: 'string', short: 'C' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [stack, ...more] = positionals;
  if (stack === undefined || more.length > 0) throw new UsageError('name one stack, for example aws-dev');
  const before = values.diff === undefined ? undefined : await readPlan(values.diff);
  const plan = await makePlan(stack, values.cwd === undefined ? {} : { root: resolve(values.cwd) });
  const problems = await typeProblems(plan);
  const findings = findingsOf(plan.resources, stack.endsWith('-prod'));
  const broken = findings.filter(({ rule }) => rule.level === 'mandatory');
  if (values.json) process.stdout.write(`${JSON.stringify(plan, null, 1)}\n`);
  else if (before) process.stdout.write(`${planDiff(before, plan).join('\n') || 'nothing differs'}\n`);
  else process.stdout.write(`${planText(plan, findings, problems)}\n`);
  // The text has them already.
  if (values.json || before) for (const line of [...broken.map(findingText), ...problems]) report(line);
  if (broken.length > 0 || problems.length > 0) process.exitCode = 1;
}

async function readPlan(file: string): Promise<Plan> {
  const plan: unknown = JSON.parse(
    await readFile(file, 'utf8').catch(() => {
      throw new UsageError(`--diff ${file}: there is no such file`);
    }),
  );
  if (typeof plan !== 'object' || plan === null || !('resources' in plan))
    throw new UsageError(`--diff ${file}: is no plan`);
  return plan as Plan;
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

await runCommand('plan', main);
