import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { deadLettersFunction } from '../dead-letters.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

export const handler = deadLettersFunction(process.env, {
  dynamoDb: new DynamoDBClient(CLIENT_OPTIONS),
});
