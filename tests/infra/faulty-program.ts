import { appendFileSync } from 'node:fs';
import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

/** A program with the fault that its configuration asks for: what a plan has to find. */
const faults: Readonly<Record<string, () => void>> = {
  none: () => new aws.sns.Topic('topic'),
  'one name twice': () => {
    new aws.sns.Topic('topic');
    new aws.sns.Topic('topic');
  },
  'a wrong type behind a cast': () => new aws.sns.Topic('topic', { fifoTopic: 'perhaps' as never }),
  'a changed stack file': () => appendFileSync('Pulumi.dev.yaml', '# changed\n'),
  'a broken rule': () =>
    new aws.apigatewayv2.Api('open', { protocolType: 'HTTP', corsConfiguration: { allowOrigins: ['*'] } }),
  'an error that nobody expected': () => {
    throw new TypeError('nobody expected this');
  },
  'a look at the account': () => void aws.getCallerIdentity({}),
};

const fault = new pulumi.Config().require('fault');
const make = faults[fault];
if (!make) throw new Error(`no such fault: ${fault}`);
make();
