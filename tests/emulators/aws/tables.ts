import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { TableDefinition } from '../../../shared/adapters/aws/dynamodb-tables.ts';

/** What every client of an emulator is made with: emulators take any credentials. */
export function emulatorClient(url: string) {
  return {
    endpoint: url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  } as const;
}

export function dynamoDbAt(url: string): DynamoDBClient {
  return new DynamoDBClient(emulatorClient(url));
}

/** A table as a deployment asks for it. */
export function tableInput(name: string, { key, indexes, stream }: TableDefinition): CreateTableCommandInput {
  const types = new Map<string, 'N' | 'S'>([[key, 'S']]);
  for (const { partition, sort } of Object.values(indexes)) types.set(partition, 'S').set(sort.name, sort.type);
  const secondary = Object.entries(indexes).map(([index, { partition, sort, projects }]) => ({
    IndexName: index,
    KeySchema: [
      { AttributeName: partition, KeyType: 'HASH' as const },
      { AttributeName: sort.name, KeyType: 'RANGE' as const },
    ],
    Projection: { ProjectionType: projects === 'all' ? ('ALL' as const) : ('KEYS_ONLY' as const) },
  }));
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
    ...(secondary.length > 0 && { GlobalSecondaryIndexes: secondary }),
    ...(stream && { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } }),
  };
}

/** Creates a table. Answers the ARN of its stream, where it has one. */
export async function createTable(client: DynamoDBClient, input: CreateTableCommandInput): Promise<string | undefined> {
  await client.send(new CreateTableCommand(input));
  const { Table: table } = await client.send(new DescribeTableCommand({ TableName: input.TableName }));
  return table?.LatestStreamArn;
}
