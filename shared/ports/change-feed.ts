import type { OrderChange } from '../domain/change.ts';

/**
 * The committed changes of an order store, for platforms whose relay pulls them; elsewhere the database pushes.
 * A change stays until it is acknowledged, also across restarts. One reader.
 */
export interface ChangeFeed {
  /** The oldest changes that were not acknowledged and are not held by an earlier `pull` of this process. */
  pull(limit: number): Promise<readonly OrderChange[]>;
  /** Ends the changes with these ids. Unknown ids are passed over. */
  acknowledge(ids: readonly string[]): Promise<void>;
  /** Makes changes that were pulled and could not be relayed available to `pull` again. */
  release(ids: readonly string[]): Promise<void>;
}
