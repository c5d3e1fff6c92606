import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Restaurant } from '../../domain/restaurant.ts';
import { signedCursors } from '../../ports/cursor.ts';
import type { Page } from '../../ports/page.ts';
import type { RestaurantCatalog } from '../../ports/restaurant-catalog.ts';
import { awsCall } from './aws-errors.ts';
import { type BodyRange, bodyOf, readBodies } from './dynamodb-body-index.ts';
import { RESTAURANTS_TABLE } from './dynamodb-tables.ts';

export interface DynamoDbRestaurantCatalogOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Signs the cursors of lists: the same for all processes. */
  readonly cursorKey: Uint8Array;
}

interface KeyPosition {
  readonly key: string;
}

const KIND = 'restaurant';
const BEST = 10;
/** Behind the id that follows the rating in a key, before the next rating. */
const BEHIND_IDS = '$';

/** Restaurants in a DynamoDB table (see `RESTAURANTS_TABLE`), whose indexes hold the menus, too: a page is one call. */
export function dynamoDbRestaurantCatalog(options: DynamoDbRestaurantCatalogOptions): RestaurantCatalog {
  const { client, table, cursorKey } = options;
  const { indexes } = RESTAURANTS_TABLE;
  const lists = signedCursors<KeyPosition>('RestaurantCatalog.list', cursorKey);
  const searches = signedCursors<KeyPosition>('RestaurantCatalog.search', cursorKey);

  async function page(
    operation: string,
    range: BodyRange,
    write: (position: KeyPosition) => string,
  ): Promise<Page<Restaurant>> {
    const { items, more } = await readBodies<Restaurant>(client, table, operation, range);
    const last = more ? items.at(-1) : undefined;
    return { items: items.map(({ body }) => body), nextCursor: last ? write({ key: last.sort }) : null };
  }

  return {
    async get(id) {
      const get = new GetItemCommand({ TableName: table, Key: { id: { S: id } }, ConsistentRead: true });
      const { Item: item } = await awsCall('RestaurantCatalog.get', () => client.send(get));
      return item && bodyOf<Restaurant>(item);
    },

    async list({ limit, cursor }) {
      const after = lists.read({}, cursor)?.key;
      const range = { index: 'by-id', definition: indexes['by-id'], partition: KIND, after, limit };
      return page('RestaurantCatalog.list', range, (position) => lists.write({}, position));
    },

    async search({ cuisine, minRating }, { limit, cursor }) {
      const query = { cuisine, minRating };
      const after = searches.read(query, cursor)?.key;
      const upTo = minRating === undefined ? undefined : `${ratingKey(minRating)}${BEHIND_IDS}`;
      const range = { index: 'by-cuisine', definition: indexes['by-cuisine'], partition: cuisine, after, upTo, limit };
      return page('RestaurantCatalog.search', range, (position) => searches.write(query, position));
    },

    async put(restaurants) {
      for (const restaurant of restaurants) {
        const put = new PutItemCommand({ TableName: table, Item: itemOf(restaurant) });
        await awsCall('RestaurantCatalog.put', () => client.send(put));
      }
    },
  };
}

function itemOf(restaurant: Restaurant) {
  const { id, cuisine, rating } = restaurant;
  return {
    id: { S: id },
    kind: { S: KIND },
    idKey: { S: id },
    cuisine: { S: cuisine },
    ratedKey: { S: `${ratingKey(rating)}#${id}` },
    body: { S: JSON.stringify(restaurant) },
  };
}

/** Texts in the order of falling ratings. */
function ratingKey(rating: number): string {
  return (BEST - rating).toFixed(10).padStart(13, '0');
}
