import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { localRestaurants } from '../../functions/local/restaurants.ts';
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

  it.each([
    ['[{"id": "rest-1"}]', /--file \S+: 0\.\w+: /],
    ['[]', /--file \S+: /],
    ['no JSON', /--file \S+: is not JSON/],
  ])('with the file %s says what is wrong with it', async (text, words) => {
    const file = join(folder, 'restaurants.json');
    await writeFile(file, text);
    const { code, stderr } = await pulumi.run('seed', ['aws-dev', '--file', file]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
  });

  it('with a file that cannot be read says so', async () => {
    const { code, stderr } = await pulumi.run('seed', ['aws-dev', '--file', folder]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--file ${folder}: cannot be read`)]);
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

    it('loads the restaurants of the local platform, and may be repeated', async () => {
      const client = dynamoDbAt(emulator.url);
      if (TABLE) await createTable(client, TABLE);
      for (const _ of ['first', 'again']) {
        const { code, stdout, stderr } = await pulumi.run('seed', ['aws-dev'], environment());
        expect([code, stdout]).toEqual([0, `${localRestaurants().length} restaurants are in ${NAME}\n`]);
        expect(stderr).toContain('50 of ');
      }
      const catalog = dynamoDbRestaurantCatalog({ client, table: NAME, cursorKey: Buffer.from('tests') });
      const [seventh] = localRestaurants().filter(({ id }) => id === 'rest-7');
      expect(await catalog.get('rest-7')).toEqual(seventh);
      const { Count: count } = await client.send(new ScanCommand({ TableName: NAME, Select: 'COUNT' }));
      expect(count).toBe(localRestaurants().length);
      client.destroy();
    });
  });
});
