/** What may befall a call: `operation` as in `routes.ts`, for example `payment_intents.confirm`. */
export interface StripeFault {
  readonly operation: string;
  /**
   * `drop-before`: the connection is closed without an answer; the SDK repeats such a call once by itself, so it takes two to be
   * noticed. `drop-after`: it acted, and the answer breaks off on its way. `500`, `429`, `lock`: answers of the API that did not
   * act. `hang`: it does not act, and there is no answer. `slow`: it waits for `ms` before it acts.
   */
  readonly kind: 'drop-before' | 'drop-after' | '500' | '500-after' | '429' | 'lock' | 'hang' | 'slow';
  readonly ms?: number | undefined;
  readonly times: number;
}

export interface Stall {
  /** Resolves when a call has stopped before it acts. */
  readonly reached: Promise<void>;
  release(): void;
}

/** Planned faults, and calls that are stopped on their way. */
export function stripeFaults() {
  const planned: { readonly fault: StripeFault; left: number }[] = [];
  const stalls = new Map<string, { readonly reached: () => void; readonly gate: Promise<void> }>();
  return {
    add(fault: StripeFault): void {
      planned.push({ fault, left: fault.times });
    },
    next(operation: string): StripeFault | undefined {
      const hit = planned.find(({ fault, left }) => left > 0 && fault.operation === operation);
      if (!hit) return undefined;
      hit.left -= 1;
      return hit.fault;
    },
    stall(operation: string): Stall {
      const reached = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      stalls.set(operation, { reached: reached.resolve, gate: gate.promise });
      return { reached: reached.promise, release: gate.resolve };
    },
    async pass(operation: string): Promise<void> {
      const stall = stalls.get(operation);
      if (!stall) return;
      stalls.delete(operation);
      stall.reached();
      await stall.gate;
    },
  };
}
