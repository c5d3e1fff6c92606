import { describe } from 'vitest';
import type { OpenOrderStore } from './order-store.harness.ts';
import { orderStoreChangedSinceSuite } from './order-store-changed-since.suite.ts';
import { orderStoreChangesSuite } from './order-store-changes.suite.ts';
import { orderStoreDueSuite } from './order-store-due.suite.ts';
import { orderStoreListSuite } from './order-store-list.suite.ts';
import { orderStoreValuesSuite } from './order-store-values.suite.ts';
import { orderStoreWritesSuite } from './order-store-writes.suite.ts';

/** Everything that the port `OrderStore` promises. */
export function orderStoreSuite(name: string, open: OpenOrderStore): void {
  describe(`${name}: OrderStore`, () => {
    describe('writes', () => orderStoreWritesSuite(open));
    describe('changes', () => orderStoreChangesSuite(open));
    describe('values', () => orderStoreValuesSuite(open));
    describe('list', () => orderStoreListSuite(open));
    describe('due', () => orderStoreDueSuite(open));
    describe('changedSince', () => orderStoreChangedSinceSuite(open));
  });
}
