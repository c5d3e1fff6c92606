import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoDbPaymentLedger } from '../../shared/adapters/aws/dynamodb-payment-ledger.ts';
import { simulatedPaymentGateway } from '../../shared/adapters/simulated/simulated-payment-gateway.ts';
import { simulatedPaymentRecords } from '../../shared/adapters/simulated/simulated-payment-records.ts';
import { stripeClient } from '../../shared/adapters/stripe/stripe-client.ts';
import { stripePaymentGateway } from '../../shared/adapters/stripe/stripe-payment-gateway.ts';
import { stripePaymentRecords } from '../../shared/adapters/stripe/stripe-payment-records.ts';
import type { AwsSettings } from '../../shared/config/aws.ts';
import { SettingsError } from '../../shared/config/settings.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { PaymentGateway } from '../../shared/ports/payment-gateway.ts';
import type { PaymentRecords } from '../../shared/ports/payment-records.ts';
import type { Secrets } from '../../shared/ports/secrets.ts';

interface PaymentParts {
  readonly dynamoDb: DynamoDBClient;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

export interface Payments {
  readonly payments: PaymentGateway;
  readonly records: PaymentRecords;
}

/** Who takes the money: Stripe, or the simulated gateway with its books in a table. */
export function paymentsOf(settings: AwsSettings<'reconcile'>, { dynamoDb, secrets, clock }: PaymentParts): Payments {
  const { PAYMENTS, STRIPE_API_BASE: apiBase, ENVIRONMENT: environment } = settings;
  if (PAYMENTS === 'simulated') {
    const ledger = dynamoDbPaymentLedger({ client: dynamoDb, table: needed('LEDGER_TABLE', settings.LEDGER_TABLE) });
    return { payments: simulatedPaymentGateway({ ledger, clock }), records: simulatedPaymentRecords({ ledger }) };
  }
  const secretName = needed('STRIPE_KEY_SECRET', settings.STRIPE_KEY_SECRET);
  const client = stripeClient({ secrets, secretName, ...(apiBase !== undefined && { apiBase }) });
  return {
    payments: stripePaymentGateway({ client, environment }),
    records: stripePaymentRecords({ client, environment }),
  };
}

function needed(key: string, value: string | undefined): string {
  if (value === undefined) throw new SettingsError(`these settings are not usable:\n  ${key}: is missing`);
  return value;
}
