import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { findingsOf } from '../infra/policy/rules.ts';
import { runCommand, UsageError } from './command.ts';
import { makePlan } from './plan/make-plan.ts';
import { planDiff, planText } from './plan/plan-text.ts';
import type { Plan } from './plan/recorded.ts';
import { typeProblems } from './plan/type-check.ts';

const HELP = `npm run plan -- STACK [--json] [--diff OTHER.json]

Shows what a stack would be made of, without an account, Pulumi's CLI or a network: runs the program through its real entry point with
the real file of the stack against a stand-in for the engine, holds everything against the types of the provider's SDK and the
rules of infra/policy.

  STACK         <cloud>-<environment>, for example aws-dev
  --json        prints the plan, for --diff and other programs
  --diff FILE   what differs from another plan, which --json printed

Ends with 1 for names that are there twice, configuration that is missing or unknown, inputs that do not type-check, a mandatory rule
that is broken, and a changed stack file; with 2 when it was called the wrong way.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      diff: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [stack, ...more] = positionals;
  if (stack === undefined || more.length > 0) throw new UsageError('name one stack, for example aws-dev');
  const before = values.diff === undefined ? undefined : await readPlan(values.diff);
  const plan = await makePlan(stack);
  const problems = await typeProblems(plan);
  const findings = findingsOf(plan.resources, stack.endsWith('-prod'));
  if (values.json) process.stdout.write(`${JSON.stringify(plan, null, 1)}\n`);
  else if (before) process.stdout.write(`${planDiff(before, plan).join('\n') || 'nothing differs'}\n`);
  else process.stdout.write(`${planText(plan, findings, problems)}\n`);
  const broken = findings.filter(({ rule }) => rule.level === 'mandatory');
  for (const { rule, resource, message } of broken)
    report(`${rule.name}: ${resource.type} ${resource.name} ${message}`);
  for (const problem of problems) report(problem);
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
