import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Inbox } from '../../shared/ports/inbox.ts';
import { freshFor, withFresh } from './harness.ts';
import { ODD_TEXTS, oddText } from './odd-values.ts';

export interface InboxHarness {
  readonly inbox: Inbox;
  close(): Promise<void>;
}

/** Everything that the port `Inbox` promises but for its 30 days. `open` gives an empty one. */
export function inboxSuite(name: string, open: () => Promise<InboxHarness>): void {
  describe(`${name}: Inbox`, () => {
    const current = freshFor(open);

    it('has not seen what was never recorded', async () => {
      expect(await current().inbox.seen('notify', 'ord_a:1')).toBe(false);
    });

    it('has seen what was recorded, as soon as that has resolved', async () => {
      const { inbox } = current();
      await inbox.record('notify', 'ord_a:1');
      expect(await inbox.seen('notify', 'ord_a:1')).toBe(true);
    });

    it('keeps consumers and keys apart', async () => {
      const { inbox } = current();
      await inbox.record('notify', 'ord_a:1');
      expect(await inbox.seen('receipt', 'ord_a:1')).toBe(false);
      expect(await inbox.seen('notify', 'ord_a:2')).toBe(false);
      expect(await inbox.seen('notify', 'ord_a:11')).toBe(false);
      expect(await inbox.seen('ord_a:1', 'notify')).toBe(false);
    });

    it.each([':', '/', '|', '#', ',', ' ', '"', '","'])('is not fooled by %j in a name', async (separator) => {
      const { inbox } = current();
      await inbox.record(`a${separator}b`, 'c');
      expect(await inbox.seen(`a${separator}b`, 'c')).toBe(true);
      expect(await inbox.seen('a', `b${separator}c`)).toBe(false);
    });

    it('takes a repeat', async () => {
      const { inbox } = current();
      await inbox.record('notify', 'ord_a:1');
      await inbox.record('notify', 'ord_a:1');
      expect(await inbox.seen('notify', 'ord_a:1')).toBe(true);
    });

    it('takes repeats at the same time', async () => {
      const { inbox } = current();
      await Promise.all(Array.from({ length: 20 }, () => inbox.record('notify', 'ord_a:1')));
      expect(await inbox.seen('notify', 'ord_a:1')).toBe(true);
    });

    it.each(ODD_TEXTS.map((text) => [text]))('knows the key %j again', async (text) => {
      const { inbox } = current();
      await inbox.record('notify', `k${text}`);
      expect(await inbox.seen('notify', `k${text}`)).toBe(true);
      expect(await inbox.seen('notify', `k${text}k`)).toBe(false);
    });

    it('has seen exactly what was recorded, whatever the keys', async () => {
      const key = fc.tuple(
        fc.constantFrom('notify', 'receipt'),
        oddText.map((text) => `k${text}`),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(key, { maxLength: 10 }), fc.array(key, { maxLength: 5 }), (recorded, others) =>
          withFresh(open, async ({ inbox }) => {
            await Promise.all(recorded.map((each) => inbox.record(...each)));
            const names = new Set(recorded.map((each) => JSON.stringify(each)));
            for (const each of [...recorded, ...others]) {
              expect(await inbox.seen(...each)).toBe(names.has(JSON.stringify(each)));
            }
          }),
        ),
        { numRuns: 20 },
      );
    });
  });
}
