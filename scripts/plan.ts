import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findingsOf } from '../infra/policy/rules.ts';
import { runCommand, UsageError } from './command.ts';
import { stackName } from './deploy/stack.ts';
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
  if (values.json && values.diff !== undefined) throw new UsageError('--json and --diff do not go together');
  const { stack, environment } = stackName(positionals);
  const before = values.diff === undefined ? undefined : await readPlan(values.diff, stack);
  const plan = await makePlan(stack, values.cwd === undefined ? {} : { root: resolve(values.cwd) });
  const problems = await typeProblems(plan);
  const findings = findingsOf(plan.resources, environment === 'prod');
  const broken = findings.filter(({ rule }) => rule.level === 'mandatory');
  if (values.json) process.stdout.write(`${JSON.stringify(plan, null, 1)}\n`);
  else if (before) process.stdout.write(`${planDiff(before, plan).join('\n') || 'nothing differs'}\n`);
  else process.stdout.write(`${planText(plan, findings, problems)}\n`);
  // The text has them already.
  if (values.json || before) for (const line of [...broken.map(findingText), ...problems]) report(line);
  if (broken.length > 0 || problems.length > 0) process.exitCode = 1;
}

/** A plan that `--json` has printed. */
async function readPlan(file: string, stack: string): Promise<Plan> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`--diff ${file}: cannot be read`, { cause });
  });
  const plan = parsed(text);
  if (!isPlan(plan)) {
    throw new UsageError(`--diff ${file}: is no plan; write one with npm run --silent plan -- ${stack} --json > FILE`);
  }
  if (plan.stack !== stack) throw new UsageError(`--diff ${file}: is a plan of ${plan.stack}, not of ${stack}`);
  return plan;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPlan(value: unknown): value is Plan {
  if (typeof value !== 'object' || value === null || !('stack' in value && 'resources' in value)) return false;
  return Array.isArray(value.resources) && value.resources.every((one) => typeof one?.urn === 'string' && one.inputs);
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

await runCommand('plan', main);
