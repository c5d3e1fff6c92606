import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SFNClient } from '@aws-sdk/client-sfn';
import { relayFunction } from '../relay.ts';
import { CLIENT_OPTIONS } from './client-options.ts';

export const handler = relayFunction(process.env, {
  eventBridge: new EventBridgeClient(CLIENT_OPTIONS),
  scheduler: new SchedulerClient(CLIENT_OPTIONS),
  stepFunctions: new SFNClient(CLIENT_OPTIONS),
});
