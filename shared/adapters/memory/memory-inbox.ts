import type { Inbox } from '../../ports/inbox.ts';

/** An inbox in the memory of this process, for tests. It forgets nothing. */
export function memoryInbox(): Inbox {
  const records = new Set<string>();

  return {
    async seen(consumer, key) {
      return records.has(nameOf(consumer, key));
    },

    async record(consumer, key) {
      records.add(nameOf(consumer, key));
    },
  };
}

/** Tells ('a', 'b:c') and ('a:b', 'c') apart, whatever the names hold. */
function nameOf(consumer: string, key: string): string {
  return JSON.stringify([consumer, key]);
}
