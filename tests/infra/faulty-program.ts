import { appendFileSync } from 'node:fs';
import * as apigateway from '@pulumi/aws/apigatewayv2/index.js';
import { getCallerIdentity } from '@pulumi/aws/getCallerIdentity.js';
import * as sns from '@pulumi/aws/sns/index.js';
import * as pulumi from '@pulumi/pulumi';

/** A program with the fault that its configuration asks for: what a plan has to find. */
const faults: Readonly<Record<string, () => unknown>> = {
  'one name twice': () => {
    new sns.Topic('topic');
    new sns.Topic('topic');
  },
  'a wrong type behind a cast': () => new sns.Topic('topic', { fifoTopic: 'perhaps' as never }),
  'a changed stack file': () => appendFileSync('Pulumi.dev.yaml', '# changed\n'),
  'a broken rule': () =>
    new apigateway.Api('open', { protocolType: 'HTTP', corsConfiguration: { allowOrigins: ['*'] } }),
  'an error that nobody expected': () => {
    throw new TypeError('nobody expected this');
  },
  'a look at the account': () => getCallerIdentity({}),
};

const fault = new pulumi.Config().require('fault');
const make = faults[fault];
if (!make) throw new Error(`no such fault: ${fault}`);
await make();
