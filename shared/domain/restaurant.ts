import type { Money } from './money.ts';
import type { Contact } from './order.ts';

export interface MenuItem {
  readonly menuItemId: string;
  readonly name: string;
  readonly unitPrice: Money;
}

export interface Restaurant {
  readonly id: string;
  readonly name: string;
  /** Lower case, for example `italian`. */
  readonly cuisine: string;
  /** 0 to 5. */
  readonly rating: number;
  readonly acceptingOrders: boolean;
  readonly menu: readonly MenuItem[];
  /** Where its notices go; never shown to customers. */
  readonly contact?: Contact;
}
