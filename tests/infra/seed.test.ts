import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { localRestaurants } from '../../functions/local/restaurants.ts';
import { readRestaurants } from '../../scripts/deploy/restaurants-file.ts';
import { dynamoDbRestaurantCatalog } from '../../shared/adapters/aws/dynamodb-restaurant-catalog.ts';
import { DYNAMODB_LANES, type Emulator } from '../emulators/aws/dynamodb.ts';
import { createTable, dynamoDbAt } from '../emulators/aws/tables.ts';
import { notRunOnAws } from '../platforms/aws/deployment.ts';
import { plannedWiring } from './planned-wiring.ts';
import { awsEnvironment, type PulumiStandIn, pulumiStandIn } from './pulumi-stand-in.ts';

const TABLE = plannedWiring(inject('plans').dev).tables['restaurants'];
const NAME = TABLE?.TableName ?? '';

describe('npm run seed', () => {
  let folder: string;
  let pulumi: PulumiStandIn;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tricloud-orders-seed-'));
    pulumi = await pulumiStandIn({ outputs: { restaurantStore: NAME } });
  });
  afterAll(async () => {
    await pulumi.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const PIZZA = { menuItemId: 'pizza', name: 'Pizza', unitPrice: { amount: 1_599, currency: 'EUR' } };
  const GOOD = { id: 'rest-1', name: 'Ada', cuisine: 'thai', rating: 4.5, acceptingOrders: true, menu: [PIZZA] };
  const FILES: readonly (readonly [words: string, content: unknown])[] = [
    ['is not a list of restaurants', []],
    ['is not a list of restaurants', { ...GOOD }],
    ['restaurant 2: ', [GOOD, 7]],
    ['restaurant 2 (rest-2).rating: ', [GOOD, { ...GOOD, id: 'rest-2', rating: 6 }]],
    ['restaurant 1 (rest-1).cuisine: must be lower case, and 1 more', [{ ...GOOD, menu: [], cuisine: 'Thai' }]],
    ['restaurant 1 (rest-1).menu.0.name: ', [{ ...GOOD, menu: [{ ...PIZZA, name: '' }] }]],
    ['restaurant 1 (rest-1): Unrecognized key: "kitchen"', [{ ...GOOD, kitchen: true }]],
    ['restaurants 1 and 2 have one id, rest-1', [GOOD, { ...GOOD, name: 'Grace' }]],
  ];
  it.each(FILES)('with a wrong file says: %s', async (words, content) => {
    const file = join(folder, 'restaurants.json');
    await writeFile(file, JSON.stringify(content));
    await expect(readRestaurants(file)).rejects.toThrow(`--file ${file}: ${words}`);
  });

  it('with a file that cannot be read says why, and asks nobody', async () => {
    const { code, stderr } = await pulumi.run('seed', ['aws-dev', '--file', folder]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`seed: --file ${folder}: is a directory`)]);
    expect(await pulumi.calls()).toEqual([]);
    await expect(readRestaurants(join(folder, 'none'))).rejects.toThrow('there is no such file');
    await expect(readRestaurants('README.md')).rejects.toThrow('--file README.md: is not JSON');
  });

  const notRun = notRunOnAws();
  if (notRun !== undefined) {
    it(`not run: ${notRun}`, () => process.stderr.write(`seed: not run: ${notRun}\n`));
    return;
  }

  describe('on the table that the plan makes', () => {
    let emulator: Emulator;
    beforeAll(async () => {
      const lane = DYNAMODB_LANES.find((one) => one.notRun === undefined);
      if (!lane || !TABLE) throw new Error('there is no emulator, or no table');
      emulator = await lane.start();
    }, 30_000);
    afterAll(() => emulator.stop());
    const environment = () => awsEnvironment(emulator.url);

    it('says what is missing while it is not there', async () => {
      const { code, stderr } = await pulumi.run('seed', ['aws-dev'], environment());
      expect([code, stderr]).toEqual([1, expect.stringContaining(`there is no table ${NAME}: is the stack deployed?`)]);
    });

    it('loads the restaurants of the local platform or of a file, and may be repeated', async () => {
      const client = dynamoDbAt(emulator.url);
      if (TABLE) await createTable(client, TABLE);
      for (const _ of ['first', 'again']) {
        const { code, stdout, stderr } = await pulumi.run('seed', ['aws-dev'], environment());
        expect([code, stdout]).toEqual([0, `${localRestaurants().length} loaded into ${NAME}\n`]);
        expect(stderr).toContain('50 of ');
      }
      const catalog = dynamoDbRestaurantCatalog({ client, table: NAME, cursorKey: Buffer.from('tests') });
      const [seventh] = localRestaurants().filter(({ id }) => id === 'rest-7');
      expect(await catalog.get('rest-7')).toEqual(seventh);

      const own = { ...seventh, name: 'Ours', contact: { phone: '+15550107' } };
      const file = join(folder, 'own.json');
      await writeFile(file, JSON.stringify([own]));
      const { stdout } = await pulumi.run('seed', ['aws-dev', '--file', file], environment());
      expect(stdout).toBe(`1 loaded into ${NAME}\n`);
      expect(await catalog.get('rest-7')).toEqual(own);
      const { Count: count } = await client.send(new ScanCommand({ TableName: NAME, Select: 'COUNT' }));
      expect(count).toBe(localRestaurants().length);
      client.destroy();
    });
  });
});
