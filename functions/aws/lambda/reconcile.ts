import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { reconcileFunction } from '../reconcile.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

export const handler = reconcileFunction(process.env, {
  dynamoDb: new DynamoDBClient(CLIENT_OPTIONS),
  secretsManager: new SecretsManagerClient(CLIENT_OPTIONS),
});
