import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Receipt } from '../../domain/receipt.ts';
import { isPortError } from '../../ports/port-error.ts';
import type { ReceiptStore } from '../../ports/receipt-store.ts';
import { awsCall } from './aws-errors.ts';

export interface S3ReceiptStoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

/** Of many who write one receipt at the same time S3 may turn all away but tell that it is a race: the next one finds it. */
const RACES = 5;

const CODES = {
  PreconditionFailed: 'conflict',
  ConditionalRequestConflict: 'unavailable',
  NoSuchKey: 'not-found',
} as const;

/**
 * Receipts as JSON objects in an S3 bucket, which S3 itself lets be written once. Whoever reads needs the right to list the
 * bucket: without it S3 answers that a missing receipt is forbidden.
 */
export function s3ReceiptStore({ client, bucket }: S3ReceiptStoreOptions): ReceiptStore {
  return {
    async putOnce(receipt) {
      const put = new PutObjectCommand({
        Bucket: bucket,
        Key: keyOf(receipt.orderId),
        Body: JSON.stringify(receipt),
        ContentType: 'application/json',
        IfNoneMatch: '*',
      });
      for (let race = 1; ; race += 1) {
        try {
          await awsCall('ReceiptStore.putOnce', () => client.send(put), CODES);
          return;
        } catch (error) {
          if (isPortError(error, 'conflict')) return;
          if (!isRace(error) || race === RACES) throw error;
        }
      }
    },
    async get(orderId) {
      try {
        return await awsCall('ReceiptStore.get', () => read(client, bucket, orderId), CODES);
      } catch (error) {
        if (isPortError(error, 'not-found')) return undefined;
        throw error;
      }
    },
  };
}

async function read(client: S3Client, bucket: string, orderId: string): Promise<Receipt> {
  const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(orderId) }));
  return JSON.parse((await body?.transformToString()) ?? '') as Receipt;
}

function keyOf(orderId: string): string {
  return `receipts/${encodeURIComponent(orderId)}.json`;
}

function isRace(error: unknown): boolean {
  return isPortError(error) && error.cause instanceof Error && error.cause.name === 'ConditionalRequestConflict';
}
