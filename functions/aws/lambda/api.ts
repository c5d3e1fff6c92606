import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { apiFunction } from '../api.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

export const handler = apiFunction(process.env, {
  dynamoDb: new DynamoDBClient(CLIENT_OPTIONS),
  s3: new S3Client(CLIENT_OPTIONS),
  secretsManager: new SecretsManagerClient(CLIENT_OPTIONS),
});
