import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { emulatorClient } from './tables.ts';

/** Reads a table's stream from its beginning: each record once, those of one item in their order. */
export function streamReader(url: string, streamArn: string) {
  const client = new DynamoDBStreamsClient(emulatorClient(url));
  /** By shard: where to go on; undefined once a shard is closed and read. */
  const iterators = new Map<string, string | undefined>();

  async function findShards(): Promise<void> {
    const { StreamDescription: stream } = await client.send(new DescribeStreamCommand({ StreamArn: streamArn }));
    for (const { ShardId: shard } of stream?.Shards ?? []) {
      if (shard === undefined || iterators.has(shard)) continue;
      const start = { StreamArn: streamArn, ShardId: shard, ShardIteratorType: 'TRIM_HORIZON' } as const;
      iterators.set(shard, (await client.send(new GetShardIteratorCommand(start))).ShardIterator);
    }
  }

  return {
    /** Everything that is new. */
    async read(): Promise<readonly _Record[]> {
      await findShards();
      const records: _Record[] = [];
      for (const [shard, start] of iterators) {
        for (let iterator = start; iterator !== undefined; ) {
          const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
          records.push(...(page.Records ?? []));
          iterator = page.NextShardIterator;
          iterators.set(shard, iterator);
          if ((page.Records ?? []).length === 0) break;
        }
      }
      return records;
    },
    close: () => client.destroy(),
  };
}
