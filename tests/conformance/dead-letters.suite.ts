import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeadLetter, DeadLetterQuery, DeadLetters } from '../../shared/ports/dead-letters.ts';
import { NOON } from '../fixtures.ts';
import { type Closable, freshFor, withFresh } from './harness.ts';
import { allItems, someCursor } from './pages.ts';
import { portError } from './races.ts';

/** A message that its consumer gives up on at once. */
type Casualty = Omit<DeadLetter, 'id' | 'attempts'>;

export interface DeadLettersHarness extends Closable {
  readonly deadLetters: DeadLetters;
  /** Has these messages delivered once, and given up on in this order. */
  fail(casualties: readonly Casualty[]): Promise<void>;
  /** The messages that are on their queues. */
  waiting(): Promise<readonly WaitingMessage[]>;
}

type WaitingMessage = Pick<DeadLetter, 'queue' | 'orderId' | 'body' | 'correlationId' | 'attempts'>;

export type OpenDeadLetters = () => Promise<DeadLettersHarness>;

/** Everything that the port `DeadLetters` promises. */
export function deadLettersSuite(name: string, open: OpenDeadLetters): void {
  describe(`${name}: DeadLetters`, () => {
    describe('list and get', () => listSuite(open));
    describe('pages', () => pagesSuite(open));
    describe('redrive', () => redriveSuite(open));
    it('1,000 poison messages are exactly 1,000 letters, and all of them can be redriven', () => thousandPoison(open));
  });
}

function aCasualty(overrides: Partial<Casualty> = {}): Casualty {
  const { orderId = 'ord_1' } = overrides;
  return {
    queue: 'notify',
    orderId,
    body: { orderId },
    error: 'bad',
    correlationId: 'c',
    failedAt: NOON,
    ...overrides,
  };
}

function numbered(count: number, overrides: (index: number) => Partial<Casualty> = () => ({})): Casualty[] {
  return Array.from({ length: count }, (_, index) => aCasualty({ body: index, ...overrides(index) }));
}

function listSuite(open: OpenDeadLetters): void {
  const harness = freshFor(open);

  it('tells everything about a message that was given up on', async () => {
    const { deadLetters, fail } = harness();
    const casualty = aCasualty({ body: { deep: ['x', null] }, error: 'TypeError: \u{1F355} "quoted"\n at line 1' });
    await fail([casualty]);
    const letter = { ...casualty, id: expect.stringMatching(/./), attempts: 1 };
    const { items } = await deadLetters.list({}, { limit: 10 });
    expect(items).toStrictEqual([letter]);
    expect(await deadLetters.get(items[0]?.id ?? '')).toStrictEqual(items[0]);
  });

  it('is empty where nothing failed, and knows no other ids', async () => {
    const { deadLetters } = harness();
    expect(await deadLetters.list({}, { limit: 10 })).toEqual({ items: [], nextCursor: null });
    expect(await deadLetters.get('unknown')).toBeUndefined();
  });

  it('shows the oldest first, and those of one time as they came', async () => {
    const { deadLetters, fail } = harness();
    const offsets = [3, 0, 0, 9, -4, 0];
    await fail(numbered(offsets.length, (index) => ({ failedAt: NOON + (offsets[index] ?? 0) })));
    expect(await bodies(deadLetters, {})).toEqual([4, 1, 2, 5, 0, 3]);
  });

  it.each<[string, DeadLetterQuery, number[]]>([
    ['of one queue', { queue: 'notify' }, [0, 2, 4]],
    ['of one order', { orderId: 'ord_0' }, [0, 3]],
    ['of both', { queue: 'notify', orderId: 'ord_1' }, [4]],
    ['of a queue without letters', { queue: 'operators' }, []],
    ['of an order that is the start of another', { orderId: 'ord_' }, []],
  ])('shows the letters %s', async (_, query, expected) => {
    const { deadLetters, fail } = harness();
    await fail(
      numbered(6, (index) => ({ queue: index % 2 === 0 ? 'notify' : 'segments', orderId: `ord_${index % 3}` })),
    );
    expect(await bodies(deadLetters, query)).toEqual(expected);
  });
}

function pagesSuite(open: OpenDeadLetters): void {
  const harness = freshFor(open);

  it('show every letter once, whatever the filter and the size of a page', async () => {
    const letters = fc.array(fc.record({ queue: QUEUE, orderId: ORDER, at: fc.integer({ min: 0, max: 3 }) }), {
      maxLength: 15,
    });
    const query = fc.record({ queue: QUEUE, orderId: ORDER }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(letters, query, fc.integer({ min: 1, max: 5 }), (all, asked, limit) =>
        withFresh(open, async ({ deadLetters, fail }) => {
          await fail(all.map(({ at, ...facts }, body) => aCasualty({ ...facts, body, failedAt: NOON + at })));
          const expected = all
            .map((letter, body) => ({ ...letter, body }))
            .filter(({ queue }) => asked.queue === undefined || queue === asked.queue)
            .filter(({ orderId }) => asked.orderId === undefined || orderId === asked.orderId)
            .sort((left, right) => left.at - right.at || left.body - right.body);
          expect(await bodies(deadLetters, asked, limit)).toEqual(expected.map(({ body }) => body));
        }),
      ),
      { numRuns: 30 },
    );
  });

  it('end without a cursor, also when the last one is full', async () => {
    const { deadLetters, fail } = harness();
    await fail(numbered(4));
    const first = await deadLetters.list({}, { limit: 2 });
    expect(first.nextCursor).not.toBeNull();
    const second = await deadLetters.list({}, { limit: 2, cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ items: [{ body: 2 }, { body: 3 }], nextCursor: null });
  });

  it('go on where they were when letters are redriven and others fail meanwhile', async () => {
    const { deadLetters, fail } = harness();
    await fail(numbered(6));
    const shown = await allItems(
      (cursor) => deadLetters.list({}, page(2, cursor)),
      async ({ items, nextCursor }) => {
        for (const { id } of items) await deadLetters.redrive(id);
        if (nextCursor !== null) await fail([aCasualty({ body: 'older', failedAt: NOON - 1 })]);
      },
    );
    expect(shown.map(({ body }) => body)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('show letters that fail later on a later page, also when all that came before were redriven', async () => {
    const { deadLetters, fail } = harness();
    await fail(numbered(3));
    const first = await deadLetters.list({}, { limit: 2 });
    const { items } = await deadLetters.list({}, { limit: 10 });
    for (const { id } of items) await deadLetters.redrive(id);
    await fail([aCasualty({ body: 'new' })]);
    const second = await deadLetters.list({}, { limit: 2, cursor: first.nextCursor ?? '' });
    expect(second.items).toMatchObject([{ body: 'new' }]);
  });

  it.each<[string, DeadLetterQuery, DeadLetterQuery]>([
    ['without filter', { queue: 'notify' }, {}],
    ['with another filter', {}, { orderId: 'ord_1' }],
    ['with another value', { queue: 'notify' }, { queue: 'receipt' }],
    ['with the filters swapped', { queue: 'x', orderId: 'y' }, { queue: 'y', orderId: 'x' }],
  ])('refuse a cursor of another query: %s', async (_, query, other) => {
    const { deadLetters, fail } = harness();
    await fail(numbered(3, () => ({ ...query })));
    const cursor = await someCursor(() => deadLetters.list(query, { limit: 1 }));
    await expect(deadLetters.list(other, { limit: 1, cursor })).rejects.toEqual(portError('invalid-argument'));
    expect((await deadLetters.list(query, { limit: 1, cursor })).items).toMatchObject([{ body: 1 }]);
  });

  it('refuse a cursor that was made up or changed', async () => {
    const { deadLetters, fail } = harness();
    await fail(numbered(3));
    const cursor = await someCursor(() => deadLetters.list({}, { limit: 1 }));
    for (const wrong of ['', 'x', `${cursor}A`, cursor.slice(1), cursor.toUpperCase()]) {
      await expect(deadLetters.list({}, { limit: 1, cursor: wrong })).rejects.toEqual(portError('invalid-argument'));
    }
  });
}

function redriveSuite(open: OpenDeadLetters): void {
  const harness = freshFor(open);

  it('puts the message back on its queue as a fresh one, and takes the letter away', async () => {
    const { deadLetters, fail, waiting } = harness();
    const casualty = aCasualty({ queue: 'receipt', body: { deep: ['x', null] }, correlationId: 'request-1' });
    await fail([casualty]);
    const [letter] = (await deadLetters.list({}, { limit: 1 })).items;
    const id = letter?.id ?? '';
    expect(await deadLetters.redrive(id)).toBe(true);
    const { failedAt: _, error: __, ...message } = casualty;
    expect(await waiting()).toStrictEqual([{ ...message, attempts: 0 }]);
    expect(await deadLetters.get(id)).toBeUndefined();
    expect(await deadLetters.list({}, { limit: 1 })).toEqual({ items: [], nextCursor: null });
  });

  it('answers false, and does nothing, for a letter that is not there or was redriven before', async () => {
    const { deadLetters, fail, waiting } = harness();
    await fail([aCasualty()]);
    const [letter] = (await deadLetters.list({}, { limit: 1 })).items;
    expect(await deadLetters.redrive('unknown')).toBe(false);
    expect(await deadLetters.redrive(letter?.id ?? '')).toBe(true);
    expect(await deadLetters.redrive(letter?.id ?? '')).toBe(false);
    expect(await waiting()).toHaveLength(1);
  });

  it('called twenty times at once, puts the message back once', async () => {
    const { deadLetters, fail, waiting } = harness();
    await fail([aCasualty()]);
    const [letter] = (await deadLetters.list({}, { limit: 1 })).items;
    const answers = await Promise.all(Array.from({ length: 20 }, () => deadLetters.redrive(letter?.id ?? '')));
    expect(answers.filter((answer) => answer)).toHaveLength(1);
    expect(await waiting()).toHaveLength(1);
  });

  it('leaves the other letters alone', async () => {
    const { deadLetters, fail } = harness();
    await fail(numbered(3));
    const [, second] = (await deadLetters.list({}, { limit: 3 })).items;
    await deadLetters.redrive(second?.id ?? '');
    expect(await bodies(deadLetters, {})).toEqual([0, 2]);
  });
}

async function thousandPoison(open: OpenDeadLetters): Promise<void> {
  await withFresh(open, async ({ deadLetters, fail, waiting }) => {
    const numbers = Array.from({ length: 1000 }, (_, index) => index);
    await fail(numbered(1000, (index) => ({ failedAt: NOON + (index % 7) })));
    const letters = await allItems((cursor) => deadLetters.list({}, page(100, cursor)));
    expect(letters.map(({ body }) => Number(body)).sort((left, right) => left - right)).toEqual(numbers);

    const redriven = await Promise.all(letters.map(({ id }) => deadLetters.redrive(id)));
    expect(redriven).not.toContain(false);
    expect(await deadLetters.list({}, { limit: 100 })).toEqual({ items: [], nextCursor: null });
    const back = (await waiting()).map(({ body }) => Number(body)).sort((left, right) => left - right);
    expect(back).toEqual(numbers);
  });
}

const QUEUE = fc.constantFrom('notify', 'receipt', 'segments');
const ORDER = fc.constantFrom('ord_1', 'ord_2');

async function bodies(deadLetters: DeadLetters, query: DeadLetterQuery, limit = 100): Promise<readonly unknown[]> {
  const letters = await allItems((cursor) => deadLetters.list(query, page(limit, cursor)));
  return letters.map(({ body }) => body);
}

function page(limit: number, cursor: string | undefined) {
  return { limit, ...(cursor !== undefined && { cursor }) };
}
