import { randomUUID } from 'node:crypto';
import { type BusEvent, type BusRule, fits } from './event-bus.ts';
import { type AwsService, jsonAnswer, jsonError } from './protocol.ts';

interface Entry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  readonly Time?: number;
}

const MOST_ENTRIES = 10;
const MOST_BYTES = 262_144;

/** PutEvents, with the rules that bring events on. */
export function eventBridge({
  rules,
  events,
}: {
  readonly rules: readonly BusRule[];
  readonly events: BusEvent[];
}): AwsService {
  return async ({ target, body }) => {
    if (target !== 'AWSEvents.PutEvents') return undefined;
    const { Entries: entries } = JSON.parse(body) as { readonly Entries: readonly Entry[] };
    if (entries.length === 0 || entries.length > MOST_ENTRIES || body.length > MOST_BYTES) {
      return jsonError('ValidationException');
    }
    const results = await Promise.all(entries.map((entry) => put(entry, rules, events)));
    return jsonAnswer({ Entries: results, FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length });
  };
}

async function put({ Source, DetailType, Detail, Time = 0 }: Entry, rules: readonly BusRule[], events: BusEvent[]) {
  const detail = parsed(Detail);
  if (!detail) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  const time = new Date(Time * 1_000).toISOString();
  const event = { id: randomUUID(), source: Source, 'detail-type': DetailType, time, detail };
  events.push(event);
  for (const { pattern, deliver } of rules) if (fits({ ...pattern }, { ...event })) await deliver(event);
  return { EventId: event.id };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
