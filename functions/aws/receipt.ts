import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { s3ReceiptStore } from '../../shared/adapters/aws/s3-receipt-store.ts';
import { readAwsSettings } from '../../shared/config/aws.ts';
import type { Environment } from '../../shared/config/settings.ts';
import { receiptHandler } from '../events/receipt.ts';
import { consumerFunction, lettersOf } from './consumer.ts';
import { ordersOf, type Platform, platformOf } from './platform.ts';

export interface ReceiptClients {
  readonly dynamoDb: DynamoDBClient;
  readonly s3: S3Client;
}

/** Consumer `receipt`: writes receipts into their bucket. */
export function receiptFunction(environment: Environment, clients: ReceiptClients, overrides: Partial<Platform> = {}) {
  const settings = readAwsSettings('receipt', environment);
  const platform = platformOf('receipt', settings, overrides);
  const { dynamoDb, s3 } = clients;
  const receipts = s3ReceiptStore({ client: s3, bucket: settings.RECEIPTS_BUCKET });
  const handle = receiptHandler({ orders: ordersOf(dynamoDb, settings), receipts });
  return consumerFunction({ queue: 'receipt', handle, letters: lettersOf(dynamoDb, settings, platform), platform });
}
