import { availableParallelism } from 'node:os';
import { styleText } from 'node:util';
import type { Failure } from '../tests/simulation/batch.ts';
import { explainIn, runBatches } from '../tests/simulation/batches.ts';
import type { Mutant } from '../tests/simulation/mutants.ts';
import { withMutant } from '../tests/simulation/mutation.ts';
import { batchesOf, count, type SimOptions, say } from './sim-options.ts';

/** Most mutants are found by fewer. */
const MUTANT_BATCH = 40;

/** Runs histories on each mutant until one fails, several mutants at once; true when one failed for every mutant. */
export async function simulateMutants(mutants: readonly Mutant[], options: SimOptions): Promise<boolean> {
  const width = Math.max(...mutants.map(({ name }) => name.length));
  const survivors: string[] = [];
  const waiting = mutants.values();
  let total = 0;
  const work = async (): Promise<void> => {
    for (const mutant of waiting) {
      const started = performance.now();
      const { failure, histories } = await hunt(mutant, options, mutants.length === 1);
      total += histories;
      if (!failure) survivors.push(mutant.name);
      const seconds = ((performance.now() - started) / 1_000).toFixed(1).padStart(5);
      const mark = failure ? styleText('green', 'killed  ') : styleText('red', 'SURVIVED');
      const how = failure ? `seed ${failure.seed}, ${failure.profile}: ${failure.violations[0]}` : mutant.what;
      say(`${mark} ${mutant.name.padEnd(width)} ${count(histories).padStart(6)} histories ${seconds} s  ${how}`);
    }
  };
  await Promise.all(Array.from({ length: options.processes ?? availableParallelism() }, work));
  if (survivors.length > 0) say(`\nsurvived: ${survivors.join(', ')}`);
  say(`${mutants.length - survivors.length} of ${mutants.length} mutants killed, by ${count(total)} histories`);
  return survivors.length === 0;
}

function hunt(mutant: Mutant, options: SimOptions, tell: boolean): Promise<{ failure?: Failure; histories: number }> {
  return withMutant(mutant, async (directory) => {
    let failure: Failure | undefined;
    let histories = 0;
    await runBatches(batchesOf(options, MUTANT_BATCH), {
      processes: 1,
      directory,
      onResult(result) {
        [failure] = result.failures;
        histories += result.histories;
        return failure === undefined;
      },
    });
    if (failure && tell) say(`${await explainIn(directory, { ...failure, orders: options.orders })}\n`);
    return { histories, ...(failure && { failure }) };
  });
}
