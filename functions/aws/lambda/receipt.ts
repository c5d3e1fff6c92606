import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { receiptFunction } from '../receipt.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

export const handler = receiptFunction(process.env, {
  dynamoDb: new DynamoDBClient(CLIENT_OPTIONS),
  s3: new S3Client(CLIENT_OPTIONS),
});
