import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { operationsFunction } from '../operations.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

export const handler = operationsFunction(process.env, {
  dynamoDb: new DynamoDBClient(CLIENT_OPTIONS),
  eventBridge: new EventBridgeClient(CLIENT_OPTIONS),
  s3: new S3Client(CLIENT_OPTIONS),
  secretsManager: new SecretsManagerClient(CLIENT_OPTIONS),
  sqs: new SQSClient(CLIENT_OPTIONS),
});
