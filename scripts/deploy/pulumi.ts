import { spawn } from 'node:child_process';
import { UsageError } from '../command.ts';
import type { StackName } from './stack.ts';

/** Runs Pulumi's CLI, on the terminal of whoever called; fails when it does. */
export async function pulumi(...args: readonly string[]): Promise<void> {
  await run(args, 'inherit');
}

/** The same, and answers what it printed. */
export async function pulumiOutput(...args: readonly string[]): Promise<string> {
  return run(args, 'pipe');
}

/** The stack's outputs; none where it was never deployed. */
export async function outputsOf({ stack }: StackName): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await pulumiOutput('stack', 'output', '--json', '--stack', stack)) as Record<string, unknown>;
}

/** One output, a text. */
export function outputText(outputs: Readonly<Record<string, unknown>>, name: string): string {
  const value = outputs[name];
  if (typeof value === 'string') return value;
  throw new Error(`the stack has no output ${name}: is it deployed?`);
}

/** `stack select` of `stack select --create aws-dev`. */
function subcommand(args: readonly string[]): string {
  const end = args.findIndex((arg) => arg.startsWith('-'));
  return args.slice(0, end < 0 ? args.length : end).join(' ');
}

function run(args: readonly string[], stdout: 'inherit' | 'pipe'): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('pulumi', [...args], { stdio: ['inherit', stdout, 'inherit'] });
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const missing = new UsageError("Pulumi's CLI is not on the PATH: https://www.pulumi.com/docs/install", { cause });
      reject(cause.code === 'ENOENT' ? missing : cause);
    });
    child.once('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`pulumi ${subcommand(args)} ended with ${code}`)),
    );
  });
}
