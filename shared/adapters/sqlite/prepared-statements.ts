import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Prepares each text once, for an adapter that keeps this as long as its database. */
export function preparedStatements(): (db: DatabaseSync, sql: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (db, sql) => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}
