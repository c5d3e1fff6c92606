import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { operatorsFunction } from '../operators.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

export const handler = operatorsFunction(process.env, {
  dynamoDb: new DynamoDBClient(CLIENT_OPTIONS),
  sns: new SNSClient(CLIENT_OPTIONS),
});
