import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { localRestaurants } from '../functions/local/restaurants.ts';
import { dynamoDbRestaurantCatalog } from '../shared/adapters/aws/dynamodb-restaurant-catalog.ts';
import type { Restaurant } from '../shared/domain/restaurant.ts';
import { isPortError } from '../shared/ports/port-error.ts';
import { runCommand, UsageError } from './command.ts';
import { outputsOf, outputText } from './deploy/pulumi.ts';
import { regionOf } from './deploy/region.ts';
import { stackName } from './deploy/stack.ts';

const HELP = `npm run seed -- STACK [--file RESTAURANTS.json]

Loads restaurants with their menus into a stack that is deployed. Those that are there already are replaced; it may be repeated.

  STACK        <cloud>-<environment>, for example aws-dev
  --file FILE  a JSON list of {id, name, cuisine, rating, acceptingOrders, menu: [{menuItemId, name, unitPrice: {amount, currency}}],
               contact?: {email?, phone?}}; the hundred restaurants of the local platform when left out
`;

const idSchema = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -');
const restaurantsSchema = z
  .array(
    z.strictObject({
      id: idSchema,
      name: z.string().min(1).max(200),
      cuisine: z.string().regex(/^[a-z][a-z -]{0,63}$/, 'must be lower case'),
      rating: z.number().min(0).max(5),
      acceptingOrders: z.boolean(),
      menu: z
        .array(
          z.strictObject({
            menuItemId: idSchema,
            name: z.string().min(1).max(200),
            unitPrice: z.strictObject({ amount: z.int().nonnegative(), currency: z.string().regex(/^[A-Z]{3}$/) }),
          }),
        )
        .min(1)
        .max(500),
      contact: z.strictObject({ email: z.email().optional(), phone: z.e164().optional() }).optional(),
    }),
  )
  .min(1);

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
  process.stdout.write(`${restaurants.length} restaurants are in ${table}\n`);
}

async function readRestaurants(file: string): Promise<readonly Restaurant[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`--file ${file}: cannot be read`, { cause });
  });
  const read = restaurantsSchema.safeParse(parsed(file, text));
  if (read.success) return read.data as readonly Restaurant[];
  const [first] = read.error.issues;
  throw new UsageError(`--file ${file}: ${first?.path.join('.')}: ${first?.message}`);
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--file ${file}: is not JSON`, { cause });
  }
}

await runCommand('seed', main);
