import { createHmac, timingSafeEqual } from 'node:crypto';
import { PortError } from './port-error.ts';

/** What a cursor is bound to, beside the operation: the filters of the query, and not the page's size. */
type CursorQuery = Readonly<Record<string, string | number | undefined>>;

/**
 * Cursors for one operation: base64url of the position of the last item shown, signed together with the query, so that a
 * cursor is good for that operation and query only and cannot be made up. Nothing in them is secret.
 */
export interface Cursors<Position> {
  write(query: CursorQuery, position: Position): string;
  /** Where the page starts; undefined for the first one. Any cursor that `write` did not make fails with `invalid-argument`. */
  read(query: CursorQuery, cursor: string | undefined): Position | undefined;
}

/** `Position` must come out of JSON as it went in. With the same key every process reads the others' cursors. */
export function signedCursors<Position>(operation: string, key: Uint8Array): Cursors<Position> {
  const sign = (query: CursorQuery, position: string): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([operation, sortedEntries(query), position]))
      .digest();

  return {
    write(query, position) {
      const text = JSON.stringify(position);
      return Buffer.concat([sign(query, text), Buffer.from(text)]).toString('base64url');
    },

    read(query, cursor) {
      if (cursor === undefined) return undefined;
      const bytes = Buffer.from(cursor, 'base64url');
      const signature = bytes.subarray(0, SIGNATURE_BYTES);
      const text = bytes.subarray(SIGNATURE_BYTES).toString();
      // Node passes over what is not base64url, so one text must be the only one for its bytes.
      const whole = signature.length === SIGNATURE_BYTES && bytes.toString('base64url') === cursor;
      if (!whole || !timingSafeEqual(signature, sign(query, text))) throw foreign(operation);
      return JSON.parse(text) as Position;
    },
  };
}

const SIGNATURE_BYTES = 32;

function foreign(operation: string): PortError {
  return new PortError('invalid-argument', operation, { message: 'the cursor does not belong to this query' });
}

function sortedEntries(query: CursorQuery): readonly (readonly [string, string | number | undefined])[] {
  return Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
}
