import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../simulation/mutants.ts';
import { withMutant } from '../simulation/mutation.ts';
import { runScript } from './local-process.ts';

const sim = (...args: string[]) => runScript('scripts/sim.ts', args);
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

describe('npm run sim', { timeout: 120_000 }, () => {
  it('runs histories, says how often crashes struck where, and ends with what was run', async () => {
    const { code, stdout } = await sim('--histories', '300', '--seed', '5', '--profile', 'azure');
    expect(stdout).toMatch(/segment: PaymentGateway\.confirm +\d+ +\d+ +it is charged/);
    expect(stdout).toMatch(/orders at their end: .*refunded \d+/);
    expect(lastLine(stdout)).toMatch(
      /^300 histories, none failed, seeds 5 to 304, profile azure, trace hash [0-9a-f]{16}$/,
    );
    expect(code).toBe(0);
  });

  it('goes the same way again, however many processes run it', async () => {
    const runs = [
      await sim('--histories', '300', '--processes', '1'),
      await sim('--histories', '300', '--processes', '3'),
    ];
    expect(new Set(runs.map(({ stdout }) => lastLine(stdout))).size).toBe(1);
    const { stdout, code } = await sim('--histories', '300', '--replay');
    expect(stdout).toContain('300 histories went the same way twice');
    expect(lastLine(stdout)).toBe(lastLine(runs[0]?.stdout ?? ''));
    expect(code).toBe(0);
  });

  it('shows what a fault in the product does, on a history that was cut down', async () => {
    const { code, stdout } = await sim('--mutant', 'decline-left-unsealed');
    expect(stdout).toMatch(/cut down from \d+ acts and \d+ steps with faults to \d+ and \d+/);
    expect(stdout).toContain('what people do:');
    expect(stdout).toContain('PaymentGateway.confirm');
    expect(stdout).toContain('its payment can still be charged');
    expect(lastLine(stdout)).toMatch(/^1 of 1 mutants killed, by \d+ histories$/);
    expect(code).toBe(0);
  });

  it('fails when a fault is not found', async () => {
    const { code, stdout } = await sim('--mutant', 'second-reference', '--histories', '1');
    expect(stdout).toContain('SURVIVED second-reference');
    expect(lastLine(stdout)).toBe('0 of 1 mutants killed, by 1 histories');
    expect(code).toBe(1);
  });

  it('fails when a history of the product does, and says how to see it again', async () => {
    const mutant = MUTANTS.find(({ name }) => name === 'charge-before-claim');
    if (!mutant) throw new Error('there is no such mutant any more');
    const { code, stdout } = await withMutant(mutant, async (directory) => {
      await cp('scripts', join(directory, 'scripts'), { recursive: true });
      return runScript('scripts/sim.ts', ['--histories', '250'], {}, directory);
    });
    expect(stdout).toContain('a charge while the order is pending');
    const again = /again: npm run sim -- --histories 1 --seed (\d+) --profile (\w+)/.exec(stdout);
    expect(stdout).toContain(`seed ${again?.[1]} on ${again?.[2]}: what is wrong`);
    expect(lastLine(stdout)).toMatch(/^250 histories, stopped at the first that failed, seeds 1 to 250, profile all/);
    expect(code).toBe(1);
  });

  it('shows one history', async () => {
    const { code, stdout } = await sim('--seed', '11', '--profile', 'gcp', '--trace');
    expect(stdout).toContain('nothing is wrong with this history');
    expect(stdout).toMatch(/place#\d+ +OrderStore\.create order-\d/);
    expect(code).toBe(0);
  });

  it('lists the faults that it has to find', async () => {
    const { code, stdout } = await sim('--list-mutants');
    expect(stdout.trimEnd().split('\n')).toHaveLength(MUTANTS.length);
    expect(code).toBe(0);
  });

  it.each([
    [['--histories', '0'], '--histories must be a whole number from 1 to 100000000; it is 0'],
    [['--seed', 'x'], '--seed must be a whole number from 0 to 2147483648; it is x'],
    [['--profile', 'moon'], '--profile must be one of aws, azure, gcp, local, webhooks, all; it is moon'],
    [['--orders', '11'], '--orders must be a whole number from 1 to 10; it is 11'],
    [['--processes', '1.5'], '--processes must be a whole number from 1 to 64; it is 1.5'],
    [['--mutant', 'none'], 'no mutant is called none; --list-mutants shows them'],
    [['--mutant', 'all', '--trace'], '--trace is for a history of the product'],
    [['--bogus'], "Unknown option '--bogus'"],
    [['12'], 'Unexpected argument'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await sim(...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
