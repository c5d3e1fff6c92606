import { describe, expect, it } from 'vitest';
import type { Fault } from '../faults.ts';
import { localPlatform } from '../platforms/local-platform.ts';
import { PATHS } from './paths.ts';
import { runPath } from './run-path.ts';

/** Calls that may fail at any time, and what of the platform has to be repeated then. */
const METHODS: readonly (readonly [port: string, method: string])[] = [
  ['orders', 'save'],
  ['orders', 'get'],
  ['feed', 'pull'],
  ['feed', 'acknowledge'],
  ['queue', 'enqueue'],
  ['queue', 'take'],
  ['queue', 'done'],
  ['payments', 'open'],
  ['payments', 'confirm'],
  ['payments', 'settle'],
  ['payments', 'refund'],
  ['inbox', 'record'],
  ['receipts', 'putOnce'],
];

/** A process whose `pull` or `take` fails after it has acted is gone; what it held comes back with the next one (see the suites). */
const ONLY_BEFORE: readonly string[] = ['pull', 'take'];

const FAULTS = METHODS.flatMap(([port, method]) =>
  (['before', 'after'] as const)
    .filter((when) => when === 'before' || !ONLY_BEFORE.includes(method))
    .map((when) => ({ title: `${port}.${method}, ${when} it has acted`, fault: faultAt(port, method, when) })),
);

function faultAt(port: string, method: string, when: Fault['when']): Fault {
  return { port, method, when, code: when === 'before' ? 'unavailable' : 'deadline-exceeded', times: 2 };
}

const NAMES = ['paid and confirmed', 'restaurant refuses'];
const CHOSEN = PATHS.filter(({ name }) => NAMES.includes(name));

describe.each(FAULTS)('when a call fails twice: $title', ({ fault }) => {
  it.each(CHOSEN)('an order comes to the same end: $name', async (path) => {
    const platform = await localPlatform({ storage: 'memory', time: 'manual' });
    try {
      const result = await runPath(platform, path, {
        run: 'faults',
        // Behind the API, where the platform has to help itself: a client repeats its own request.
        onPlaced: () => platform.fault(fault),
        patienceMs: 240_000,
      });
      // Effects outside are promised at least once: a crash between sending and recording repeats a notice.
      const problems = result.problems.filter((problem) => !problem.startsWith('repeated notices'));
      expect(problems).toEqual([]);
    } finally {
      await platform.stop();
    }
  });
});
