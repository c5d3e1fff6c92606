import type { EventPattern } from '../../../shared/adapters/aws/event-patterns.ts';

/** An event as EventBridge hands it to its rules. */
export interface BusEvent {
  readonly id: string;
  readonly source: string;
  readonly 'detail-type': string;
  readonly time: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface BusRule {
  readonly pattern: EventPattern;
  readonly deliver: (event: BusEvent) => void | Promise<void>;
}

/** Whether an event fits a pattern: of EventBridge's matching what the platform's patterns use, lists of values, nesting and `$or`. */
export function fits(pattern: Readonly<Record<string, unknown>>, event: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === '$or') return (wanted as Record<string, unknown>[]).some((one) => fits(one, event));
    const value = event[field];
    if (Array.isArray(wanted)) return wanted.includes(value);
    return isRecord(wanted) && isRecord(value) && fits(wanted, value);
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
