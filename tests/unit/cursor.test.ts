import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signedCursors } from '../../shared/ports/cursor.ts';
import { tamperedCursors } from '../conformance/cursors.ts';

const KEY = new Uint8Array(32).fill(7);
const cursors = signedCursors<unknown>('Thing.list', KEY);
const FOREIGN = expect.objectContaining({ name: 'PortError', code: 'invalid-argument' });

describe('a cursor', () => {
  it('says where the page starts, whatever the position and the query', () => {
    const query = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()));
    fc.assert(
      fc.property(query, fc.jsonValue(), (of, position) => {
        const written = cursors.write(of, position);
        expect(written).toMatch(/^[\w-]+$/);
        expect(cursors.read(of, written)).toEqual(JSON.parse(JSON.stringify(position)));
      }),
    );
  });

  it('that is not given stands for the first page', () => {
    expect(cursors.read({ a: 1 }, undefined)).toBeUndefined();
  });

  it('is good for the same query written another way', () => {
    const written = cursors.write({ a: 1, b: 'two', c: undefined }, 'here');
    expect(cursors.read({ b: 'two', a: 1 }, written)).toBe('here');
  });

  it('is good for whoever has the key', () => {
    const written = cursors.write({}, 'here');
    expect(signedCursors('Thing.list', Uint8Array.from(KEY)).read({}, written)).toBe('here');
  });

  it.each([[{}], [{ a: '1' }], [{ a: 2 }], [{ b: 1 }], [{ a: 1, b: 1 }]])(
    'of a query is refused by the query %o',
    (other) => {
      const written = cursors.write({ a: 1 }, 'here');
      expect(() => cursors.read(other, written)).toThrow(FOREIGN);
    },
  );

  it('is refused by another operation, also for the same query', () => {
    const written = cursors.write({}, 'here');
    expect(() => signedCursors('Thing.search', KEY).read({}, written)).toThrow(FOREIGN);
  });

  it('is refused where the key is another', () => {
    const written = cursors.write({}, 'here');
    const others = signedCursors('Thing.list', new Uint8Array(32));
    expect(() => others.read({}, written)).toThrow(FOREIGN);
  });

  it('is refused when it was tampered with, or made up', () => {
    const genuine = cursors.write({ a: 1 }, { createdAt: 1, id: 'ord_a' });
    fc.assert(
      fc.property(tamperedCursors(genuine), (text) => {
        expect(() => cursors.read({ a: 1 }, text)).toThrow(FOREIGN);
      }),
      { numRuns: 500 },
    );
  });
});
