import { PortError, type PortErrorCode } from '../../ports/port-error.ts';

/** SQLite's primary result codes that mean something to a port. */
export const SQLITE = { busy: 5, locked: 6, ioError: 10, full: 13, notADatabase: 26 } as const;

const PORT_CODES: Readonly<Record<number, PortErrorCode>> = {
  [SQLITE.busy]: 'unavailable',
  [SQLITE.locked]: 'unavailable',
  [SQLITE.ioError]: 'unavailable',
  [SQLITE.full]: 'resource-exhausted',
};

interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR';
  /** An extended result code: the primary one is its lowest byte. */
  readonly errcode: number;
  readonly errstr: string;
}

/** The primary result code of an error of SQLite's; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  return isSqliteError(error) ? error.errcode & 0xff : undefined;
}

/** SQLite's errors in the port's words; any other error is a defect, or a PortError already, and stays what it is. */
export function asPortError(operation: string, error: unknown): unknown {
  if (!isSqliteError(error)) return error;
  const code = PORT_CODES[error.errcode & 0xff] ?? 'internal';
  return new PortError(code, operation, { message: `SQLite: ${error.errstr} (${error.errcode})`, cause: error });
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}
