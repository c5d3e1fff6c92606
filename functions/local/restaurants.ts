import type { Money } from '../../shared/domain/money.ts';
import type { MenuItem, Restaurant } from '../../shared/domain/restaurant.ts';
import type { RestaurantCatalog } from '../../shared/ports/restaurant-catalog.ts';

const CUISINES = ['italian', 'indian', 'mexican', 'japanese', 'lebanese'] as const;
const COUNT = 100;

const MENU: readonly MenuItem[] = [
  { menuItemId: 'pizza', name: 'Pizza Margherita', unitPrice: usd(15_99) },
  { menuItemId: 'soda', name: 'Soda', unitPrice: usd(2_99) },
  { menuItemId: 'salad', name: 'Garden salad', unitPrice: usd(8_50) },
  { menuItemId: 'tiramisu', name: 'Tiramisu', unitPrice: usd(6_75) },
  { menuItemId: 'family-box', name: 'Family box', unitPrice: usd(59_00) },
  { menuItemId: 'banquet', name: 'Banquet', unitPrice: usd(450_00) },
];

/** The restaurants that the local platform begins with: `rest-0` to `rest-99`, all open, and `rest-closed`. */
export function localRestaurants(): readonly Restaurant[] {
  const open = Array.from({ length: COUNT }, (_, index) => restaurant(`rest-${index}`, index, true));
  return [...open, restaurant('rest-closed', COUNT, false)];
}

/** Puts them into a catalogue that does not have them yet; what was changed since stays as it is. */
export async function seedRestaurants(catalog: RestaurantCatalog): Promise<void> {
  if (await catalog.get('rest-closed')) return;
  await catalog.put(localRestaurants());
}

function restaurant(id: string, index: number, acceptingOrders: boolean): Restaurant {
  return {
    id,
    name: `Restaurant ${id.slice('rest-'.length)}`,
    cuisine: CUISINES[index % CUISINES.length] ?? CUISINES[0],
    rating: (30 + (index % 21)) / 10,
    acceptingOrders,
    menu: MENU,
    contact: { email: `kitchen@${id}.example` },
  };
}

function usd(amount: number): Money {
  return { amount, currency: 'USD' };
}
