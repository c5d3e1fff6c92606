import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { notifyFunction } from '../notify.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

export const handler = notifyFunction(process.env, {
  dynamoDb: new DynamoDBClient(CLIENT_OPTIONS),
  secretsManager: new SecretsManagerClient(CLIENT_OPTIONS),
  sns: new SNSClient(CLIENT_OPTIONS),
});
