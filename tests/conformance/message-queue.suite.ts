import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { Message, MessageQueue, NewMessage } from '../../shared/ports/message-queue.ts';
import { anOrderId, NOON } from '../fixtures.ts';
import { type Closable, freshFor, scribble, withFresh } from './harness.ts';
import { ODD_TEXTS, oddText } from './odd-values.ts';
import { allItems } from './pages.ts';

export interface MessageQueueHarness extends Closable {
  readonly queue: MessageQueue;
  readonly deadLetters: DeadLetters;
  /** How often whoever waits for messages was woken. */
  wakes(): number;
}

/** Opens a queue that is empty, and nobody else's. */
export type OpenMessageQueue = () => Promise<MessageQueueHarness>;

/** Everything that the port `MessageQueue` promises, but for what a restart keeps. */
export function messageQueueSuite(name: string, open: OpenMessageQueue): void {
  describe(`${name}: MessageQueue`, () => {
    describe('enqueue', () => enqueueSuite(open));
    describe('take', () => takeSuite(open));
    describe('done, retry and bury', () => endingSuite(open));
    describe('nextDueAt', () => nextDueAtSuite(open));
    it('loses no message and ends none twice, whatever becomes of each and when', () => nothingIsLost(open));
  });
}

export function aMessage(overrides: Partial<NewMessage> = {}): NewMessage {
  const orderId = overrides.orderId ?? anOrderId();
  return { queue: 'segments', orderId, body: { orderId }, dueAt: NOON, correlationId: orderId, ...overrides };
}

function enqueueSuite(open: OpenMessageQueue): void {
  const harness = freshFor(open);

  it('keeps everything that a message says', async () => {
    const { queue } = harness();
    const message = aMessage({ body: { a: [1, null, 'x', { deep: true }] }, correlationId: 'request-1' });
    await queue.enqueue([message]);
    expect(await queue.take(NOON, 10)).toStrictEqual([{ ...message, id: expect.stringMatching(/./), attempts: 0 }]);
  });

  it('keeps equal messages apart', async () => {
    const { queue } = harness();
    const message = aMessage();
    await queue.enqueue([message, message]);
    await queue.enqueue([message]);
    const ids = (await queue.take(NOON, 10)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
  });

  it('keeps all messages of a call or none', async () => {
    const { queue } = harness();
    const impossible = aMessage({ body: undefined });
    await expect(queue.enqueue([aMessage(), impossible, aMessage()])).rejects.toThrow();
    expect(await queue.take(NOON, 10)).toEqual([]);
    expect(await queue.nextDueAt()).toBeUndefined();
  });

  it('takes an empty list for nothing to do', async () => {
    const { queue } = harness();
    await queue.enqueue([]);
    expect(await queue.nextDueAt()).toBeUndefined();
  });

  it('keeps messages as they were, whatever becomes of the objects that went in or came out', async () => {
    const { queue } = harness();
    const body = { list: ['a', 'b'] };
    const message = aMessage({ body });
    const enqueued = queue.enqueue([message]);
    scribble(message);
    await enqueued;
    const [taken] = await queue.take(NOON, 1);
    expect(taken?.body).toEqual({ list: ['a', 'b'] });
    const id = taken?.id ?? '';
    scribble(taken);
    await queue.retry(id, NOON, 'again');
    expect((await queue.take(NOON, 1))[0]?.body).toEqual({ list: ['a', 'b'] });
  });

  it.each(ODD_TEXTS)('keeps %j wherever it stands', async (text) => {
    const { queue } = harness();
    const message = aMessage({ queue: text, orderId: text, correlationId: text, body: { [text]: text } });
    await queue.enqueue([message]);
    expect(await queue.take(NOON, 1)).toMatchObject([message]);
  });

  it('keeps any body that is JSON', async () => {
    const { queue } = harness();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), oddText, async (body, text) => {
        await queue.enqueue([aMessage({ body, correlationId: text })]);
        const [taken] = await queue.take(NOON, 1);
        expect(JSON.stringify(taken?.body)).toBe(JSON.stringify(body));
        expect(taken?.correlationId).toBe(text);
      }),
    );
  });

  it('wakes whoever waits once the messages are there, also for those that are given back', async () => {
    const { queue, wakes } = harness();
    await queue.enqueue([aMessage(), aMessage()]);
    expect(wakes()).toBe(1);
    const [taken] = await queue.take(NOON, 1);
    await queue.retry(taken?.id ?? '', NOON + 1, 'again');
    expect(wakes()).toBe(2);
  });
}

function takeSuite(open: OpenMessageQueue): void {
  const harness = freshFor(open);

  it('takes the messages that are due, also at that very time, and no others', async () => {
    const { queue } = harness();
    const [past, now, soon] = [NOON - 1, NOON, NOON + 1].map((dueAt) => aMessage({ dueAt }));
    await queue.enqueue([past, now, soon].flatMap((message) => message ?? []));
    expect(ordersOf(await queue.take(NOON, 10))).toEqual([past?.orderId, now?.orderId]);
    expect(ordersOf(await queue.take(NOON + 1, 10))).toEqual([soon?.orderId]);
  });

  it('takes the longest due first and no more than the limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (offsets, limit) =>
          withFresh(open, async ({ queue }) => {
            await queue.enqueue(offsets.map((offset) => aMessage({ dueAt: NOON + offset })));
            const expected = offsets.filter((offset) => offset <= 0).sort((left, right) => left - right);
            const taken: number[] = [];
            for (let last = limit; last === limit; ) {
              const batch = await queue.take(NOON, limit);
              last = batch.length;
              taken.push(...batch.map(({ dueAt }) => dueAt - NOON));
            }
            expect(taken).toEqual(expected);
          }),
      ),
      { numRuns: 30 },
    );
  });

  it('passes over what it holds, and fills up with what it does not', async () => {
    const { queue } = harness();
    const messages = Array.from({ length: 5 }, (_, index) => aMessage({ dueAt: NOON - 5 + index }));
    await queue.enqueue(messages);
    const first = await queue.take(NOON, 3);
    const second = await queue.take(NOON, 3);
    expect(ordersOf([...first, ...second])).toEqual(messages.map(({ orderId }) => orderId));
    expect(await queue.take(NOON, 3)).toEqual([]);
  });

  it('never hands one message out twice, however many take at once', async () => {
    const { queue } = harness();
    await queue.enqueue(Array.from({ length: 50 }, () => aMessage()));
    const batches = await Promise.all(Array.from({ length: 20 }, () => queue.take(NOON, 5)));
    const ids = batches.flat().map(({ id }) => id);
    expect(ids).toHaveLength(50);
    expect(new Set(ids).size).toBe(50);
  });

  it('takes from all queues, and says from which', async () => {
    const { queue } = harness();
    await queue.enqueue(['notify', 'segments', 'receipt'].map((name) => aMessage({ queue: name })));
    const names = (await queue.take(NOON, 10)).map((message) => message.queue);
    expect(names.toSorted()).toEqual(['notify', 'receipt', 'segments']);
  });
}

function endingSuite(open: OpenMessageQueue): void {
  const harness = freshFor(open);

  it('a message that is done never comes back', async () => {
    const { queue } = harness();
    const [taken] = await enqueueAndTake(queue, aMessage(), aMessage());
    await queue.done(idOf(taken));
    await queue.retry(idOf(taken), NOON, 'too late');
    expect(await queue.take(NOON + 1, 10)).toEqual([]);
    expect(await queue.nextDueAt()).toBeUndefined();
  });

  it('a message that is given back comes back at its time, with one attempt more each time', async () => {
    const { queue } = harness();
    const message = aMessage();
    const [taken] = await enqueueAndTake(queue, message);
    for (const attempts of [1, 2, 3]) {
      await queue.retry(idOf(taken), NOON + attempts, 'failed');
      expect(await queue.take(NOON + attempts - 1, 10)).toEqual([]);
      const again = { ...message, id: idOf(taken), attempts, dueAt: NOON + attempts };
      expect(await queue.take(NOON + attempts, 10)).toStrictEqual([again]);
    }
  });

  it('a message may be given back for a part of a millisecond', async () => {
    const { queue } = harness();
    const [taken] = await enqueueAndTake(queue, aMessage());
    await queue.retry(idOf(taken), NOON + 0.5, 'failed');
    expect(await queue.nextDueAt()).toBe(NOON + 0.5);
    expect(await queue.take(NOON + 1, 10)).toMatchObject([{ dueAt: NOON + 0.5 }]);
  });

  it('a message that is buried leaves its queue and is a dead letter, with one attempt more', async () => {
    const { queue, deadLetters } = harness();
    const message = aMessage({ correlationId: 'request-1' });
    const [taken] = await enqueueAndTake(queue, message);
    await queue.retry(idOf(taken), NOON, 'failed once');
    await queue.take(NOON, 1);
    await queue.bury(idOf(taken), NOON + 7, 'failed for good');
    expect(await queue.nextDueAt()).toBeUndefined();
    const { dueAt: _, ...facts } = message;
    const letter = { ...facts, id: expect.any(String), error: 'failed for good', attempts: 2, failedAt: NOON + 7 };
    expect((await deadLetters.list({}, { limit: 10 })).items).toStrictEqual([letter]);
  });

  it('a message that is redriven does not overtake what fell due before it had failed', async () => {
    const { queue, deadLetters } = harness();
    const [taken] = await enqueueAndTake(queue, aMessage({ dueAt: NOON }));
    const charge = aMessage({ dueAt: NOON + 5 });
    await queue.enqueue([charge]);
    await queue.bury(idOf(taken), NOON + 7, 'failed for good');
    await deadLetters.redrive((await deadLetters.list({}, { limit: 1 })).items[0]?.id ?? '');
    expect(await queue.take(NOON + 10, 10)).toMatchObject([{ orderId: charge.orderId }, { dueAt: NOON + 7 }]);
  });

  it('ends each message once: of done, retry and bury at the same time one wins', async () => {
    const { queue, deadLetters } = harness();
    for (let round = 0; round < 10; round += 1) {
      const [taken] = await enqueueAndTake(queue, aMessage());
      const id = idOf(taken);
      const before = (await deadLetters.list({}, { limit: 100 })).items.length;
      const ends = [() => queue.done(id), () => queue.retry(id, NOON, 'again'), () => queue.bury(id, NOON, 'bad')];
      await Promise.all([...ends.slice(round % 3), ...ends.slice(0, round % 3)].map((end) => end()));
      const buried = (await deadLetters.list({}, { limit: 100 })).items.length - before;
      const left = (await queue.take(NOON, 10)).length;
      expect(buried + left).toBeLessThanOrEqual(1);
    }
  });

  it('passes over ids that it does not know', async () => {
    const { queue, deadLetters } = harness();
    await queue.enqueue([aMessage()]);
    for (const id of ['unknown', '', '1', '0', '-1', "' OR 1=1 --"]) {
      await queue.done(id);
      await queue.retry(id, NOON + 1, 'again');
      await queue.bury(id, NOON, 'bad');
    }
    expect(await queue.take(NOON, 10)).toHaveLength(1);
    expect((await deadLetters.list({}, { limit: 10 })).items).toEqual([]);
  });
}

function nextDueAtSuite(open: OpenMessageQueue): void {
  const harness = freshFor(open);

  it('is the earliest due time of all queues, in the past or in the future', async () => {
    const { queue } = harness();
    expect(await queue.nextDueAt()).toBeUndefined();
    await queue.enqueue([aMessage({ dueAt: NOON + 9 }), aMessage({ dueAt: NOON + 5, queue: 'notify' })]);
    expect(await queue.nextDueAt()).toBe(NOON + 5);
    await queue.enqueue([aMessage({ dueAt: NOON - 5 })]);
    expect(await queue.nextDueAt()).toBe(NOON - 5);
  });

  it('does not count what is held, until it is given back', async () => {
    const { queue } = harness();
    await queue.enqueue([aMessage({ dueAt: NOON - 2 }), aMessage({ dueAt: NOON - 1 }), aMessage({ dueAt: NOON + 60 })]);
    const [first, second] = await queue.take(NOON, 10);
    expect(await queue.nextDueAt()).toBe(NOON + 60);
    await queue.retry(idOf(first), NOON + 30, 'again');
    expect(await queue.nextDueAt()).toBe(NOON + 30);
    await queue.done(idOf(second));
    expect(await queue.nextDueAt()).toBe(NOON + 30);
  });
}

type Fate = 'done' | 'bury' | 'retry';

/** Each message is given back as often as its list says `retry`, and then ended as it says last. */
async function nothingIsLost(open: OpenMessageQueue): Promise<void> {
  const fate = fc.tuple(fc.array(fc.constant<Fate>('retry'), { maxLength: 3 }), fc.constantFrom<Fate>('done', 'bury'));
  const fates = fc.array(
    fate.map(([retries, end]) => [...retries, end]),
    { minLength: 1, maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(fates, fc.integer({ min: 1, max: 7 }), (all, limit) =>
      withFresh(open, async ({ queue, deadLetters }) => {
        await queue.enqueue(all.map((_, index) => aMessage({ body: index })));
        const done: unknown[] = [];
        const attend = async ({ id, body, attempts }: Message): Promise<void> => {
          const next = all[Number(body)]?.[attempts];
          if (next === 'retry') return queue.retry(id, NOON, 'again');
          if (next === 'bury') return queue.bury(id, NOON, 'bad');
          await queue.done(id);
          done.push(body);
        };
        for (let batch = await queue.take(NOON, limit); batch.length > 0; batch = await queue.take(NOON, limit)) {
          await Promise.all(batch.map(attend));
        }
        const letters = await allItems((cursor) => deadLetters.list({}, { limit: 3, ...(cursor && { cursor }) }));
        expect([...done, ...letters.map(({ body }) => body)].sort(byNumber)).toEqual(all.map((_, index) => index));
        expect(letters.map(({ body, attempts }) => all[Number(body)]?.length === attempts)).not.toContain(false);
      }),
    ),
    { numRuns: 30 },
  );
}

async function enqueueAndTake(queue: MessageQueue, ...messages: readonly NewMessage[]): Promise<readonly Message[]> {
  await queue.enqueue(messages);
  return queue.take(NOON, messages.length);
}

function ordersOf(messages: readonly Message[]): readonly string[] {
  return messages.map(({ orderId }) => orderId);
}

function idOf(message: Message | undefined): string {
  if (!message) throw new Error('there is no such message');
  return message.id;
}

function byNumber(left: unknown, right: unknown): number {
  return Number(left) - Number(right);
}
