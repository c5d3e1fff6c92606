import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteMessageQueue } from '../../shared/adapters/sqlite/sqlite-message-queue.ts';
import { sqliteNoticeLog } from '../../shared/adapters/sqlite/sqlite-notice-log.ts';
import { NOON } from '../fixtures.ts';
import { aMessage } from './message-queue.suite.ts';
import { messagingSuites } from './messaging.harness.ts';
import { aNotice, notificationSenderSuite } from './notification-sender.suite.ts';
import { someCursor } from './pages.ts';
import { portError } from './races.ts';
import { type TemporaryDatabase, temporaryDatabase } from './temporary-database.ts';

messagingSuites('SQLite', (onEnqueue) => {
  const file = temporaryDatabase();
  return { ...sqliteMessageQueue({ database: file.database(), onEnqueue }), close: file.close };
});

notificationSenderSuite('SQLite', { channels: ['email', 'sms', 'operators'] }, async () => {
  const file = temporaryDatabase();
  const log = sqliteNoticeLog({ database: file.database() });
  return {
    sender: log,
    close: file.close,
    delivered: async () => (await log.sent()).map(({ key, to, subject, text }) => ({ key, to, subject, text })),
  };
});

describe('messages in SQLite, over a restart', () => {
  let file: TemporaryDatabase;
  beforeEach(() => {
    file = temporaryDatabase();
  });
  afterEach(() => file.close());

  const open = () => sqliteMessageQueue({ database: file.database() });
  const restart = async () => {
    await file.restart();
    return open();
  };

  it('are all there again, whether they were held or not, with their attempts and times', async () => {
    const { queue } = open();
    await queue.enqueue([aMessage(), aMessage({ dueAt: NOON + 5 })]);
    const held = await queue.take(NOON, 10);
    await queue.enqueue([aMessage()]);
    const [given] = await queue.take(NOON, 10);
    await queue.retry(given?.id ?? '', NOON + 2, 'failed');

    const { queue: reopened } = await restart();
    expect(await reopened.nextDueAt()).toBe(NOON);
    const again = await reopened.take(NOON + 5, 10);
    expect(again.slice(0, 1)).toStrictEqual(held);
    expect(again[1]).toStrictEqual({ ...given, attempts: 1, dueAt: NOON + 2 });
    expect(again.map(({ dueAt }) => dueAt)).toEqual([NOON, NOON + 2, NOON + 5]);
  });

  it('are gone when they were done, and dead letters when they were buried', async () => {
    const { queue } = open();
    await queue.enqueue([aMessage(), aMessage()]);
    const [done, bad] = await queue.take(NOON, 10);
    await queue.done(done?.id ?? '');
    await queue.bury(bad?.id ?? '', NOON, 'bad');

    const { queue: reopened, deadLetters } = await restart();
    expect(await reopened.nextDueAt()).toBeUndefined();
    const [letter] = (await deadLetters.list({}, { limit: 10 })).items;
    expect(letter).toMatchObject({ id: bad?.id, error: 'bad' });
    expect(await deadLetters.redrive(letter?.id ?? '')).toBe(true);
    const { queue: third } = await restart();
    expect(await third.take(NOON, 10)).toMatchObject([{ orderId: bad?.orderId, attempts: 0 }]);
  });

  it('are there again when their end could not be written', async () => {
    const { queue } = open();
    await queue.enqueue([aMessage()]);
    const [message] = await queue.take(NOON, 1);
    await file.restart();
    await expect(queue.done(message?.id ?? '')).rejects.toEqual(portError('unavailable'));
    expect(await open().queue.take(NOON, 1)).toStrictEqual([message]);
  });

  it('keep the cursors of dead letters good', async () => {
    const { queue, deadLetters } = open();
    await queue.enqueue([aMessage({ body: 1 }), aMessage({ body: 2 })]);
    for (const { id } of await queue.take(NOON, 2)) await queue.bury(id, NOON, 'bad');
    const cursor = await someCursor(() => deadLetters.list({}, { limit: 1 }));
    const { deadLetters: reopened } = await restart();
    expect((await reopened.list({}, { limit: 1, cursor })).items).toMatchObject([{ body: 2 }]);
  });

  it('take notices with them: every send in its order, repeats included, all or those of an order', async () => {
    const log = sqliteNoticeLog({ database: file.database() });
    const [first, second] = [aNotice('email'), aNotice('operators')];
    for (const notice of [first, second, first]) await log.send(notice);
    await file.restart();
    const reopened = sqliteNoticeLog({ database: file.database() });
    expect(await reopened.sent()).toEqual([first, second, first]);
    expect(await reopened.sent(first.orderId)).toEqual([first, first]);
  });
});
