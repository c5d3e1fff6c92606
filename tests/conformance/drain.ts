import type { OrderChange } from '../../shared/domain/change.ts';
import type { ChangeFeed } from '../../shared/ports/change-feed.ts';

/** Takes and acknowledges all changes of a feed, in small portions, and answers them without repeats. */
export async function drain(feed: ChangeFeed): Promise<readonly OrderChange[]> {
  const taken = new Map<string, OrderChange>();
  for (let round = 0; round < 1000; round++) {
    const changes = await feed.pull(7);
    if (changes.length === 0) return [...taken.values()];
    for (const change of changes) taken.set(change.id, change);
    await feed.acknowledge(changes.map(({ id }) => id));
  }
  throw new Error('the feed does not come to an end');
}
