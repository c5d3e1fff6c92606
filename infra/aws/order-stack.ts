import * as aws from '@pulumi/aws/provider.js';
import * as pulumi from '@pulumi/pulumi';
import { AWS_FUNCTION_KEYS, type AwsFunction } from '../../shared/config/aws.ts';
import type { OrderStackArgs, OrderStackOutputs } from '../order-stack.ts';
import { Component } from './component.ts';
import { environmentOf } from './environments.ts';
import { EventBus } from './event-bus.ts';
import { OrderFunction } from './function.ts';
import { HttpApi } from './http-api.ts';
import { Identity } from './identity.ts';
import { Notifications } from './notifications.ts';
import { Observability } from './observability.ts';
import { OrderStore } from './order-store.ts';
import { statementsOf } from './permissions.ts';
import type { Resources, WorkflowResources } from './resources.ts';
import { Secrets } from './secrets.ts';
import { Storage } from './storage.ts';
import { Triggers } from './triggers.ts';
import { Workflow } from './workflow.ts';

/** The platform on AWS. */
export class AwsOrderStack extends Component {
  readonly outputs: OrderStackOutputs;

  constructor(name: string, { config, bundles }: OrderStackArgs) {
    const tags = { project: 'tricloud-orders', environment: config.environment, managedBy: 'pulumi' };
    const provider = new aws.Provider('aws', {
      region: config.awsRegion as aws.ProviderArgs['region'] & string,
      defaultTags: { tags },
      ...(config.awsAccount !== '' && { allowedAccountIds: [config.awsAccount] }),
    });
    super('OrderStack', name, { providers: [provider] });
    const parent = { parent: this };
    const args = { config, prefix: `orders-${config.environment}` };
    const resources: Resources = {
      store: new OrderStore('store', args, parent),
      secrets: new Secrets('secrets', args, parent),
      storage: new Storage('storage', args, parent),
      notifications: new Notifications('notifications', args, parent),
      events: new EventBus('events', args, parent),
      identity: new Identity('identity', args, parent),
    };
    const create = (fn: AwsFunction, workflow?: WorkflowResources) =>
      new OrderFunction(
        {
          ...args,
          fn,
          bundles,
          environment: environmentOf(fn, config, resources, workflow),
          statements: statementsOf(fn, resources, workflow),
        },
        parent,
      );
    const segment = create('segment');
    const workflow = new Workflow('workflow', { ...args, segment }, parent);
    const names = Object.keys(AWS_FUNCTION_KEYS) as AwsFunction[];
    const functions = Object.fromEntries(
      names.map((fn) => [fn, fn === 'segment' ? segment : create(fn, workflow)]),
    ) as Record<AwsFunction, OrderFunction>;
    const { relay } = new Triggers('triggers', { ...args, functions, resources }, parent);
    const { api: front, operations } = functions;
    const api = new HttpApi('http', { ...args, api: front, operations, identity: resources.identity }, parent);
    const { dashboardUrl } = new Observability(
      'observability',
      { ...args, functions, resources, workflow, api, relay },
      parent,
    );
    this.outputs = {
      apiUrl: api.url,
      orderStore: resources.store.orders.name,
      restaurantStore: resources.store.restaurants.name,
      eventBus: resources.events.bus.name,
      receiptsBucket: resources.storage.receipts.bucket,
      dashboardUrl,
      issuer: resources.identity.issuer,
      signInUrl: resources.identity.signInUrl,
      clientId: resources.identity.client.id,
      secrets: pulumi.output(resources.secrets.names()),
    };
    this.registerOutputs(this.outputs);
  }
}
