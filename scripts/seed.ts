import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { localRestaurants } from '../functions/local/restaurants.ts';
import { dynamoDbRestaurantCatalog } from '../shared/adapters/aws/dynamodb-restaurant-catalog.ts';
import { isPortError } from '../shared/ports/port-error.ts';
import { runCommand } from './command.ts';
import { outputsOf, outputText } from './deploy/pulumi.ts';
import { regionOf } from './deploy/region.ts';
import { readRestaurants } from './deploy/restaurants-file.ts';
import { stackName } from './deploy/stack.ts';

const HELP = `npm run seed -- STACK [--file RESTAURANTS.json]

Loads restaurants with their menus into a stack that is deployed. Those that are there already are replaced; it may be repeated.

  STACK        <cloud>-<environment>, for example aws-dev
  --file FILE  a JSON list of {id, name, cuisine, rating, acceptingOrders, menu: [{menuItemId, name, unitPrice: {amount, currency}}],
               contact?: {email?, phone?}}; the restaurants of the local platform when left out
`;

/** Restaurants that are written between two lines of progress. */
const STEP = 25;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { file: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(HELP);
  const name = stackName(positionals);
  const restaurants = values.file === undefined ? localRestaurants() : await readRestaurants(values.file);
  const table = outputText(await outputsOf(name), 'restaurantStore');
  const client = new DynamoDBClient({ region: await regionOf(name) });
  const catalog = dynamoDbRestaurantCatalog({ client, table, cursorKey: new Uint8Array() });
  for (let done = 0; done < restaurants.length; done += STEP) {
    await catalog.put(restaurants.slice(done, done + STEP)).catch((error: unknown) => {
      if (isPortError(error, 'not-found')) throw new Error(`there is no table ${table}: is the stack deployed?`);
      throw error;
    });
    process.stderr.write(`${Math.min(done + STEP, restaurants.length)} of ${restaurants.length}\n`);
  }
  process.stdout.write(`${restaurants.length} loaded into ${table}\n`);
}

await runCommand('seed', main);
