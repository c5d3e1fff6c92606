import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { segmentFunction } from '../segment.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

export const handler = segmentFunction(process.env, {
  dynamoDb: new DynamoDBClient(CLIENT_OPTIONS),
  secretsManager: new SecretsManagerClient(CLIENT_OPTIONS),
});
