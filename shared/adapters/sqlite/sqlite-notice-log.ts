import type { Channel, Notice } from '../../domain/notice.ts';
import type { NoticeLog } from '../../ports/notice-log.ts';
import { PortError } from '../../ports/port-error.ts';
import { fromBody } from './json-rows.ts';
import { preparedStatements } from './prepared-statements.ts';
import type { Database } from './sqlite-database.ts';

export interface SqliteNoticeLogOptions {
  readonly database: Database;
}

/** What an address must at least look like, as real channels would have it. */
const WORKABLE: Readonly<Record<Channel, RegExp>> = {
  email: /^[^\s@]+@[^\s@]+$/,
  sms: /^\+[1-9]\d{1,14}$/,
  operators: /\S/,
};

const TABLES = `
  CREATE TABLE IF NOT EXISTS notices (
    number INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS notices_by_order ON notices (order_id, number);`;

const INSERT = 'INSERT INTO notices (order_id, body) VALUES (?, ?)';
const ALL = 'SELECT body FROM notices ORDER BY number';
const BY_ORDER = 'SELECT body FROM notices WHERE order_id = ? ORDER BY number';

/** A log that outlives the process: a notice is in it, durably, before its send resolves. */
export function sqliteNoticeLog({ database }: SqliteNoticeLogOptions): NoticeLog {
  database.migrate('notice log', TABLES);
  const statement = preparedStatements();
  return {
    async send(notice) {
      if (!WORKABLE[notice.channel].test(notice.to)) {
        throw new PortError('invalid-argument', 'NotificationSender.send', {
          message: `no address for ${notice.channel}`,
        });
      }
      await database.write('NotificationSender.send', (db) => {
        statement(db, INSERT).run(notice.orderId, JSON.stringify(notice));
      });
    },
    async sent(orderId) {
      const rows = database.read('NoticeLog.sent', (db) =>
        orderId === undefined ? statement(db, ALL).all() : statement(db, BY_ORDER).all(orderId),
      );
      return rows.map(fromBody<Notice>);
    },
  };
}
