import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import { sweepFunction } from '../sweep.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

export const handler = sweepFunction(process.env, {
  dynamoDb: new DynamoDBClient(CLIENT_OPTIONS),
  scheduler: new SchedulerClient(CLIENT_OPTIONS),
  stepFunctions: new SFNClient(CLIENT_OPTIONS),
});
