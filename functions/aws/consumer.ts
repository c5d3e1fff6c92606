import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { dynamoDbDeadLetters, type LetterBox } from '../../shared/adapters/aws/dynamodb-dead-letters.ts';
import { errorFields } from '../../shared/application/error-fields.ts';
import { MAX_RECEIVES } from '../../shared/config/aws.ts';
import type { Consumer } from '../../shared/domain/rules.ts';
import type { DeadLetter } from '../../shared/ports/dead-letters.ts';
import { isPortError, PortError } from '../../shared/ports/port-error.ts';
import type { Platform } from './platform.ts';

export interface ConsumerOptions {
  readonly queue: Consumer;
  readonly handle: (body: unknown) => Promise<unknown>;
  readonly letters: Pick<LetterBox, 'bury'>;
  readonly platform: Platform;
}

/**
 * Takes a batch of a consumer's queue. What fails is given back, and delivered again once its visibility time-out has passed. What can
 * never work, and what was delivered for the last time, is kept with the dead letters and the reason; the queue's own dead-letter
 * queue is for messages that end their function.
 */
export function consumerFunction(options: ConsumerOptions) {
  return async ({ Records: records }: SQSEvent): Promise<SQSBatchResponse> => {
    const ended = await inTurns(records, (record) => consume(options, record));
    const failed = records.filter((_, index) => !ended[index]);
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

/** Orders side by side, and the messages of one order one after the other: a repeat in the same batch finds what was done. */
function inTurns<Result>(
  records: readonly SQSRecord[],
  act: (record: SQSRecord) => Promise<Result>,
): Promise<readonly Result[]> {
  const last = new Map<string, Promise<unknown>>();
  return Promise.all(
    records.map((record) => {
      const { orderId } = aboutOf(record.body);
      const turn = (last.get(orderId) ?? Promise.resolve()).then(() => act(record));
      last.set(orderId, turn);
      return turn;
    }),
  );
}

/** Whether the message is done with. */
async function consume({ queue, handle, letters, platform }: ConsumerOptions, record: SQSRecord): Promise<boolean> {
  const { clock, logger, metrics } = platform;
  const attempts = Number(record.attributes.ApproximateReceiveCount);
  try {
    await handle(parse(record.body));
    return true;
  } catch (error) {
    const about = aboutOf(record.body);
    const fields = { ...errorFields(error), queue, messageId: record.messageId, attempts, ...about };
    if (!isPortError(error, 'invalid-argument') && attempts < MAX_RECEIVES) {
      logger.warn(fields, 'message failed; it is delivered again');
      return false;
    }
    const letter = {
      id: record.messageId,
      queue,
      ...about,
      body: bodyOf(record.body),
      error: describe(error),
      attempts,
    };
    try {
      await letters.bury({ ...letter, failedAt: clock.now() });
    } catch (failure) {
      logger.error({ ...fields, ...errorFields(failure) }, 'message could not be kept with the dead letters');
      return false;
    }
    metrics.count('DeadLetters');
    logger.error(fields, 'message moved to the dead letters');
    return true;
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw notJson(cause);
  }
}

function notJson(cause: unknown): PortError {
  return new PortError('invalid-argument', 'consume', { message: 'the message is not JSON', cause });
}

/** The body as it was delivered, also where it is no JSON. */
export function bodyOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** Which order a message is about, as far as it says. */
export function aboutOf(body: string): Pick<DeadLetter, 'correlationId' | 'orderId'> {
  const event = bodyOf(body);
  const says = (name: string): string => {
    const value: unknown = typeof event === 'object' && event !== null ? Reflect.get(event, name) : undefined;
    return typeof value === 'string' && value !== '' ? value : 'unknown';
  };
  return { orderId: says('subject'), correlationId: says('correlationid') };
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** The list of dead letters, for functions that only add to it. */
export function lettersOf(
  client: DynamoDBClient,
  { DEAD_LETTERS_TABLE: table }: { readonly DEAD_LETTERS_TABLE: string },
  { clock }: Platform,
): Pick<LetterBox, 'bury'> {
  const send = () => Promise.reject(new Error('defect: this function redrives nothing'));
  return dynamoDbDeadLetters({ client, table, cursorKey: new Uint8Array(), clock, send });
}
