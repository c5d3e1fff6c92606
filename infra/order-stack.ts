import type * as pulumi from '@pulumi/pulumi';
import type { StackConfig } from './config.ts';

/** What every cloud's stack is made with. */
export interface OrderStackArgs {
  readonly config: StackConfig;
  /** The folder with the functions' bundles: `<folder>/<cloud>/<function>`. */
  readonly bundles: string;
}

/** What every cloud's stack tells, for `npm run seed`, `npm run smoke` and people. */
export interface OrderStackOutputs {
  readonly apiUrl: pulumi.Output<string>;
  /** Where the orders are: a table, a container or a collection. */
  readonly orderStore: pulumi.Output<string>;
  readonly restaurantStore: pulumi.Output<string>;
  readonly eventBus: pulumi.Output<string>;
  readonly receiptsBucket: pulumi.Output<string>;
  readonly dashboardUrl: pulumi.Output<string>;
  /** Whose tokens the API takes. */
  readonly issuer: pulumi.Output<string>;
  readonly clientId: pulumi.Output<string>;
  /** Where people sign in. */
  readonly signInUrl: pulumi.Output<string>;
  /** The names of the secrets that somebody has to give values to. */
  readonly secrets: pulumi.Output<Record<string, string>>;
}
