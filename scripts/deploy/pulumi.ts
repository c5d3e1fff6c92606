import { spawn } from 'node:child_process';
import { UsageError } from '../command.ts';
import type { StackName } from './stack.ts';

/**
 * What a stack's secrets are encrypted by is in its state, and in the file of the environment only where somebody has committed it. Without
 * this Pulumi would take a new salt wherever the file has none, or ask for a passphrase where it is a key of KMS.
 */
const ENVIRONMENT = { PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: 'true' };

/** Runs Pulumi's CLI, on the terminal of whoever called; fails when it does. */
export async function pulumi(...args: readonly string[]): Promise<void> {
  await run(args, 'inherit');
}

/** The same, and answers what it printed. */
export async function pulumiOutput(...args: readonly string[]): Promise<string> {
  return run(args, 'pipe');
}

/** The stack's outputs. */
export async function outputsOf({ stack }: StackName): Promise<Readonly<Record<string, unknown>>> {
  const text = await pulumiOutput('stack', 'output', '--json', '--stack', stack);
  const outputs = JSON.parse(text) as Record<string, unknown>;
  if (Object.keys(outputs).length > 0) return outputs;
  throw new Error(`${stack} has no outputs: is it deployed? npm run up -- ${stack}`);
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
    // A terminal's interrupt (control-C) reaches Pulumi, too, which ends in order what it has begun: that is waited for. Before it starts,
    // or an interrupt in between would leave it alone.
    process.on('SIGINT', waitForPulumi);
    const child = spawn('pulumi', [...args], {
      stdio: ['inherit', stdout, 'inherit'],
      env: { ...ENVIRONMENT, ...process.env },
    });
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const missing = new UsageError("Pulumi's CLI is not on the PATH: https://www.pulumi.com/docs/install", { cause });
      reject(cause.code === 'ENOENT' ? missing : cause);
    });
    child.once('close', (code, signal) => {
      process.off('SIGINT', waitForPulumi);
      if (code === 0) resolve(text);
      else reject(new Error(`pulumi ${subcommand(args)} ended with ${code ?? signal}`));
    });
  });
}

function waitForPulumi(): void {}
