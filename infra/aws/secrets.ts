import * as secretsmanager from '@pulumi/aws/secretsmanager/index.js';
import type * as pulumi from '@pulumi/pulumi';
import { Component, type ComponentArgs, keeps } from './component.ts';

/**
 * Secrets by name: the program makes them empty, and nobody's value is ever in its state. `npm run up` gives the pepper a random
 * value; people give the others theirs.
 */
export class Secrets extends Component {
  readonly pepper: secretsmanager.Secret;
  readonly smtp: secretsmanager.Secret;
  /** Absent where payments are simulated. */
  readonly stripeKey: secretsmanager.Secret | undefined;
  readonly stripeWebhook: secretsmanager.Secret | undefined;

  constructor(name: string, args: ComponentArgs, options: pulumi.ComponentResourceOptions) {
    super('Secrets', name, options);
    const { config, prefix } = args;
    const create = (key: string, description: string) =>
      new secretsmanager.Secret(
        key,
        { name: `${prefix}/${key}`, description, recoveryWindowInDays: config.production ? 30 : 7 },
        keeps(config, this),
      );
    const stripe = config.payments === 'stripe';
    this.pepper = create(
      'pepper',
      'Makes order ids and cursors. Never change it: repeated requests would make new orders',
    );
    this.smtp = create('smtp', 'The mail server, for example smtps://user:password@mail.example');
    this.stripeKey = stripe ? create('stripe-key', "Stripe's API key, restricted to payments and refunds") : undefined;
    this.stripeWebhook = stripe
      ? create('stripe-webhook', "The signing secret of Stripe's webhook endpoint")
      : undefined;
    this.registerOutputs();
  }

  /** By key, for whoever gives them their values. */
  names(): Record<string, pulumi.Output<string>> {
    return {
      pepper: this.pepper.name,
      smtp: this.smtp.name,
      ...(this.stripeKey && { 'stripe-key': this.stripeKey.name }),
      ...(this.stripeWebhook && { 'stripe-webhook': this.stripeWebhook.name }),
    };
  }
}
