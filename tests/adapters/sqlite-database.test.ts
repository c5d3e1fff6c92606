import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Database, type DatabaseOptions, openDatabase } from '../../shared/adapters/sqlite/sqlite-database.ts';
import { asPortError } from '../../shared/adapters/sqlite/sqlite-errors.ts';
import { sqliteInbox } from '../../shared/adapters/sqlite/sqlite-inbox.ts';
import { sqliteOrderStore } from '../../shared/adapters/sqlite/sqlite-order-store.ts';
import { sqliteReceiptStore } from '../../shared/adapters/sqlite/sqlite-receipt-store.ts';
import { sqliteRestaurantCatalog } from '../../shared/adapters/sqlite/sqlite-restaurant-catalog.ts';
import { changeOf } from '../../shared/domain/change.ts';
import { eventsAfter } from '../../shared/domain/events.ts';
import { isPortError, PortError } from '../../shared/ports/port-error.ts';
import { drain } from '../conformance/drain.ts';
import { createAll } from '../conformance/order-store.harness.ts';
import { portError } from '../conformance/races.ts';
import { anOrder, aPosition, aReceipt, aRestaurant } from '../fixtures.ts';
import { killChildren, startChild } from './sqlite-children.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS followers (follows INTEGER REFERENCES numbers DEFERRABLE INITIALLY DEFERRED) STRICT;
  CREATE TRIGGER IF NOT EXISTS unlucky BEFORE INSERT ON numbers WHEN new.number = 13
  BEGIN SELECT raise(ROLLBACK, 'unlucky'); END;`;

let folder: string;
let file: string;
let opened: Database[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orders-'));
  file = join(folder, 'orders.sqlite');
  opened = [];
});

afterEach(async () => {
  await killChildren();
  await Promise.all(opened.map((database) => database.close()));
  await rm(folder, { recursive: true });
});

function open(options: DatabaseOptions = {}): Database {
  const database = openDatabase(file, options);
  opened.push(database);
  return database;
}

/** A database with the tables above, that counts its batches. */
function openWithTables() {
  const onWrite = vi.fn<() => void>();
  const database = open({ onWrite });
  database.migrate('test', TABLES);
  return { database, onWrite };
}

function insert(database: Database, number: number): Promise<number> {
  return database.write('test.insert', (db) => {
    db.prepare('INSERT INTO numbers VALUES (?)').run(number);
    return number;
  });
}

function numbers(database: Database): readonly unknown[] {
  return database.read('test.numbers', (db) =>
    db
      .prepare('SELECT number FROM numbers ORDER BY number')
      .all()
      .map(({ number }) => number),
  );
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 100);
}

describe('writes', () => {
  it('commit together when they are made in one turn of the event loop', async () => {
    const { database, onWrite } = openWithTables();
    const written = await Promise.all(upTo(100).map((number) => insert(database, number)));
    expect(written).toEqual(upTo(100));
    expect(numbers(database)).toEqual(upTo(100));
    expect(onWrite).toHaveBeenCalledTimes(1);
  });

  it('commit in bounded batches, and let the event loop turn in between', async () => {
    const { database, onWrite } = openWithTables();
    const batchesBetween: number[] = [];
    const writing = Promise.all(upTo(1200).map((number) => insert(database, number)));
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      batchesBetween.push(onWrite.mock.calls.length);
    }
    await writing;
    expect(batchesBetween).toEqual([1, 2, 3]);
    expect(numbers(database)).toEqual(upTo(1200));
  });

  it('go on after the queue was empty', async () => {
    const { database, onWrite } = openWithTables();
    for (const number of upTo(3)) await insert(database, number);
    expect(numbers(database)).toEqual(upTo(3));
    expect(onWrite).toHaveBeenCalledTimes(3);
  });

  it('run in the order they were made, and see what those before them did', async () => {
    const { database } = openWithTables();
    const seen = upTo(5).map((number) =>
      database.write('test', (db) => {
        db.prepare('INSERT INTO numbers VALUES (?)').run(number);
        return db.prepare('SELECT count(*) AS count FROM numbers').get()?.['count'];
      }),
    );
    expect(await Promise.all(seen)).toEqual([1, 2, 3, 4, 5]);
  });

  it('may be made from within a write, and then belong to the next batch', async () => {
    const { database, onWrite } = openWithTables();
    const inner = await database.write('test', () => ({ written: insert(database, 2) }));
    expect(numbers(database)).toEqual([]);
    await inner.written;
    expect(numbers(database)).toEqual([2]);
    expect(onWrite).toHaveBeenCalledTimes(2);
  });

  it('are not seen by a read before they are committed', async () => {
    const { database } = openWithTables();
    const writing = insert(database, 1);
    expect(numbers(database)).toEqual([]);
    await writing;
    expect(numbers(database)).toEqual([1]);
  });

  it('are undone alone when they throw, with all that they did before', async () => {
    const { database } = openWithTables();
    const defect = new Error('a defect');
    const results = await Promise.allSettled([
      insert(database, 1),
      database.write('test', (db) => {
        db.prepare('INSERT INTO numbers VALUES (2)').run();
        db.prepare('INSERT INTO numbers VALUES (3)').run();
        throw defect;
      }),
      insert(database, 4),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toHaveProperty('reason', defect);
    expect(numbers(database)).toEqual([1, 4]);
  });

  it('are run again after another one has thrown, as if they had not run before', async () => {
    const { database, onWrite } = openWithTables();
    const seen: unknown[] = [];
    const counting = database.write('test', (db) => {
      db.prepare('INSERT INTO numbers VALUES (1)').run();
      seen.push(db.prepare('SELECT count(*) AS count FROM numbers').get()?.['count']);
    });
    const throwing = database.write('test', () => {
      throw new Error('a defect');
    });
    await Promise.allSettled([counting, throwing]);
    expect(seen).toEqual([1, 1]);
    expect(numbers(database)).toEqual([1]);
    expect(onWrite).toHaveBeenCalledTimes(1);
  });

  it('fail with their own PortError as it is, and with an error of SQLite as a PortError of their operation', async () => {
    const { database } = openWithTables();
    const conflict = new PortError('conflict', 'test.conflict');
    const [own, first, twice] = await Promise.allSettled([
      database.write('test', () => {
        throw conflict;
      }),
      insert(database, 1),
      insert(database, 1),
    ]);
    expect(own).toHaveProperty('reason', conflict);
    expect(first).toHaveProperty('status', 'fulfilled');
    expect(twice).toMatchObject({ reason: { code: 'internal', operation: 'test.insert', retryable: false } });
    expect(twice).toHaveProperty('reason.cause.errstr', 'constraint failed');
  });

  it('fail all, and leave nothing, when the commit fails', async () => {
    const { database, onWrite } = openWithTables();
    const results = await Promise.allSettled([
      insert(database, 1),
      insert(database, 1),
      database.write('test.follow', (db) => db.exec('INSERT INTO followers VALUES (999)')),
      insert(database, 3),
    ]);
    for (const result of results) expect(result).toHaveProperty('reason', portError('internal'));
    expect(results[0]).toHaveProperty('reason.operation', 'test.insert');
    expect(results[0]).toHaveProperty('reason.cause.message', 'FOREIGN KEY constraint failed');
    expect(results[1], 'what it saw has never been').toHaveProperty(
      'reason.cause.message',
      'FOREIGN KEY constraint failed',
    );
    expect(numbers(database)).toEqual([]);
    expect(onWrite).not.toHaveBeenCalled();
  });

  it('fail all, and leave nothing, when SQLite gives the transaction up in the middle', async () => {
    const { database } = openWithTables();
    const results = await Promise.allSettled([12, 13, 14].map((number) => insert(database, number)));
    for (const result of results) expect(result).toHaveProperty('reason', portError('internal'));
    expect(results[2]).toHaveProperty('reason.cause.message', 'unlucky');
    expect(numbers(database)).toEqual([]);
  });

  it('fail all when the transaction cannot begin', async () => {
    const { database } = openWithTables();
    const writing = Promise.allSettled([insert(database, 1), insert(database, 2)]);
    database.read('test', (db) => db.close());
    for (const result of await writing) expect(result).toHaveProperty('reason', portError('internal'));
  });

  it('succeed again after a batch that failed', async () => {
    const { database } = openWithTables();
    await Promise.allSettled([insert(database, 13)]);
    await Promise.allSettled([database.write('test', (db) => db.exec('INSERT INTO followers VALUES (999)'))]);
    await insert(database, 1);
    expect(numbers(database)).toEqual([1]);
  });

  it('fail all with resource-exhausted when there is no room for one, and others fit in afterwards', async () => {
    const { database } = openWithTables();
    database.migrate('test', 'CREATE TABLE texts (text TEXT) STRICT; PRAGMA max_page_count = 1');
    const results = await Promise.allSettled([
      insert(database, 1),
      database.write('test.big', (db) => db.prepare('INSERT INTO texts VALUES (?)').run('x'.repeat(100_000))),
    ]);
    for (const result of results) expect(result).toHaveProperty('reason', portError('resource-exhausted'));
    expect(numbers(database)).toEqual([]);
    await insert(database, 2);
    expect(numbers(database)).toEqual([2]);
  });
});

describe('errors of SQLite', () => {
  it.each([
    [5, 'unavailable'],
    [6, 'unavailable'],
    [10, 'unavailable'],
    [10 | (3 << 8), 'unavailable'],
    [13, 'resource-exhausted'],
    [11, 'internal'],
    [1, 'internal'],
  ])('with code %d are %s', (errcode, code) => {
    const cause = Object.assign(new Error('boom'), { code: 'ERR_SQLITE_ERROR', errcode, errstr: 'boom' });
    const error = asPortError('test', cause);
    expect(error).toMatchObject({ code, operation: 'test', cause, retryable: code !== 'internal' });
    expect(isPortError(error)).toBe(true);
  });

  it('come out of a read as PortErrors, and others as they are', () => {
    const { database } = openWithTables();
    expect(() => database.read('test.read', (db) => db.prepare('SELECT nonsense'))).toThrow(
      expect.objectContaining({ name: 'PortError', code: 'internal', operation: 'test.read' }),
    );
    const defect = new Error('a defect');
    const read = () =>
      database.read('test', () => {
        throw defect;
      });
    expect(read).toThrow(defect);
  });
});

describe('migrate', () => {
  it('does all of its statements or none', () => {
    const database = open();
    const statements = 'CREATE TABLE first (a TEXT) STRICT; CREATE TABLE second (a NONSENSE) STRICT';
    expect(() => database.migrate('thing', statements)).toThrow(/Database\.migrate thing/);
    expect(() => database.read('test', (db) => db.exec('SELECT * FROM first'))).toThrow(/SQLite/);
  });
});

describe('close', () => {
  it('commits what is queued, and leaves one file with everything in it', async () => {
    const { database } = openWithTables();
    const writing = Promise.all(upTo(1200).map((number) => insert(database, number)));
    await database.close();
    expect(await writing).toEqual(upTo(1200));
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(numbers(open())).toEqual(upTo(1200));
  });

  it('may be repeated, and every other call fails with unavailable from then on', async () => {
    const { database } = openWithTables();
    await database.close();
    await database.close();
    await expect(insert(database, 1)).rejects.toEqual(portError('unavailable'));
    expect(() => numbers(database)).toThrow(/is closed/);
    expect(() => database.migrate('test', TABLES)).toThrow(/is closed/);
  });
});

describe('the file', () => {
  it('is made with its folders', () => {
    file = join(folder, 'some', 'where', 'else.sqlite');
    open();
    expect(existsSync(file)).toBe(true);
  });

  it('is written with a log, and synced with every commit', () => {
    const pragma = (name: string) => open().read('test', (db) => db.prepare(`PRAGMA ${name}`).get()?.[name]);
    expect(pragma('journal_mode')).toBe('wal');
    file = join(folder, 'other.sqlite');
    expect(pragma('synchronous')).toBe(2);
  });

  it('is refused with conflict while this process has it open', async () => {
    const database = open();
    expect(() => openDatabase(file)).toThrow(expect.objectContaining({ name: 'PortError', code: 'conflict' }));
    expect(() => openDatabase(file)).toThrow(`another process uses ${file}`);
    await sqliteInbox({ database }).record('test', 'still works');
    await database.close();
    expect(() => open()).not.toThrow();
  });

  it('is refused while anybody else reads it', () => {
    open().migrate('test', TABLES);
    opened.pop()?.close();
    const other = new DatabaseSync(file);
    other.exec('BEGIN; SELECT * FROM numbers');
    expect(() => open()).toThrow(expect.objectContaining({ name: 'PortError', code: 'conflict' }));
    other.close();
    expect(() => open()).not.toThrow();
  });

  it('is refused to another process, and free as soon as it is closed', async () => {
    const database = open();
    const refused = startChild(file);
    expect(await refused.nextLine()).toContain(`another process uses ${file}`);
    await database.close();
    const child = startChild(file);
    expect(await child.nextLine()).toBe('open');
    expect(() => openDatabase(file)).toThrow(`another process uses ${file}`);
  });

  it('is free once a process that had it was killed, with all that had resolved there', async () => {
    const child = startChild(file);
    expect(await child.nextLine()).toBe('open');
    const acknowledged: string[] = [];
    while (acknowledged.length < 200) acknowledged.push(await child.nextLine());
    acknowledged.push(...(await child.kill()));
    const { orders, feed } = sqliteOrderStore({ database: open() });
    const stored = await Promise.all(acknowledged.map((id) => orders.get(id)));
    expect(stored.map((order) => order?.id)).toEqual(acknowledged);
    const changed = new Set((await drain(feed)).map(({ orderId }) => orderId));
    expect(acknowledged.filter((id) => !changed.has(id))).toEqual([]);
  });

  it.each([
    ['text', 'this is a letter to my grandmother, and '.repeat(200)],
    ['a short text', 'hello'],
  ])('is refused when it is %s, and left alone', async (_, content) => {
    await writeFile(file, content);
    expect(() => openDatabase(file)).toThrow(expect.objectContaining({ name: 'PortError', code: 'invalid-argument' }));
    expect(() => openDatabase(file)).toThrow(`${file} is not a SQLite database`);
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it.each([
    [4, 'newer'],
    [2, 'older'],
  ])('is refused when code of schema %i, which is %s, wrote it, and left alone', async (version, age) => {
    const other = new DatabaseSync(file);
    other.exec(`CREATE TABLE from_another_time (a TEXT); PRAGMA user_version = ${version}`);
    other.close();
    const before = await readFile(file);
    expect(() => openDatabase(file)).toThrow(expect.objectContaining({ name: 'PortError', code: 'invalid-argument' }));
    const message = `${file} was written by ${age} code (schema ${version}; this code knows 3)`;
    expect(() => openDatabase(file)).toThrow(message);
    expect(await readFile(file)).toEqual(before);
  });

  it('is refused when it is a folder', () => {
    file = folder;
    expect(() => openDatabase(file)).toThrow(expect.objectContaining({ name: 'PortError', code: 'internal' }));
    expect(() => openDatabase(file)).toThrow(file);
  });
});

describe('after a restart', () => {
  async function restart(): Promise<Database> {
    await Promise.all(opened.map((database) => database.close()));
    return open();
  }

  it('orders are there, in lists and among those due', async () => {
    const order = anOrder({ position: aPosition() });
    await createAll(sqliteOrderStore({ database: open() }).orders, order);
    const { orders } = sqliteOrderStore({ database: await restart() });
    expect(await orders.get(order.id)).toStrictEqual(order);
    expect((await orders.list({ customerId: 'alice' }, { limit: 5 })).items).toStrictEqual([order]);
    expect(await orders.due(Number.MAX_SAFE_INTEGER, 5)).toStrictEqual([order]);
  });

  it('changes that were not acknowledged come again, held ones too, and acknowledged ones do not', async () => {
    const { orders, feed } = sqliteOrderStore({ database: open() });
    const all = [anOrder(), anOrder(), anOrder()];
    for (const order of all) await createAll(orders, order);
    const [first] = await feed.pull(2);
    await feed.acknowledge([first?.id ?? '']);
    const { feed: reopened } = sqliteOrderStore({ database: await restart() });
    const expected = all.slice(1).map((order) => changeOf(order, eventsAfter(order, 0)));
    expect(await reopened.pull(10)).toStrictEqual(expected);
  });

  it('what the inbox has seen, receipts and restaurants are there', async () => {
    const [receipt, restaurant] = [aReceipt(), aRestaurant()];
    const before = open();
    await sqliteInbox({ database: before }).record('notify', 'ord_a:1');
    await sqliteReceiptStore({ database: before }).putOnce(receipt);
    await sqliteRestaurantCatalog({ database: before }).put([restaurant]);
    const database = await restart();
    expect(await sqliteInbox({ database }).seen('notify', 'ord_a:1')).toBe(true);
    expect(await sqliteReceiptStore({ database }).get(receipt.orderId)).toStrictEqual(receipt);
    expect(await sqliteRestaurantCatalog({ database }).get(restaurant.id)).toStrictEqual(restaurant);
  });

  it('cursors that were given before are good', async () => {
    const before = open();
    const orders = [anOrder(), anOrder()];
    await createAll(sqliteOrderStore({ database: before }).orders, ...orders);
    await sqliteRestaurantCatalog({ database: before }).put(['rest-1', 'rest-2'].map((id) => aRestaurant({ id })));
    const query = { customerId: 'alice' };
    const ofOrders = await sqliteOrderStore({ database: before }).orders.list(query, { limit: 1 });
    const ofRestaurants = await sqliteRestaurantCatalog({ database: before }).list({ limit: 1 });
    const database = await restart();
    const rest = await sqliteOrderStore({ database }).orders.list(query, {
      limit: 1,
      cursor: ofOrders.nextCursor ?? '',
    });
    expect(rest).toStrictEqual({ items: [orders[0]], nextCursor: null });
    const restaurants = await sqliteRestaurantCatalog({ database }).list({
      limit: 1,
      cursor: ofRestaurants.nextCursor ?? '',
    });
    expect(restaurants.items.map(({ id }) => id)).toEqual(['rest-2']);
  });

  it('cursors of another file are refused', async () => {
    const stores = [file, join(folder, 'other.sqlite')].map((name) => {
      file = name;
      return sqliteOrderStore({ database: open() }).orders;
    });
    await Promise.all(stores.map((orders) => createAll(orders, anOrder(), anOrder())));
    const [first, second] = await Promise.all(
      stores.map((orders) => orders.list({ customerId: 'alice' }, { limit: 1 })),
    );
    const foreign = stores[0]?.list({ customerId: 'alice' }, { limit: 1, cursor: second?.nextCursor ?? '' });
    await expect(foreign).rejects.toEqual(portError('invalid-argument'));
    expect(first?.nextCursor).not.toBe(second?.nextCursor);
  });
});

describe('the order store', () => {
  it('saves its arguments as they were when it was called', async () => {
    const { orders, feed } = sqliteOrderStore({ database: open() });
    const order = anOrder();
    const events = eventsAfter(order, 0);
    const expected = structuredClone({ order, change: changeOf(order, events) });
    const creating = orders.create(order, events);
    Object.assign(order, { deliveryAddress: 'changed too late', status: 'paid' });
    events.length = 0;
    await creating;
    expect(await orders.get(order.id)).toStrictEqual(expected.order);
    expect(await feed.pull(1)).toStrictEqual([expected.change]);
  });
});
