import type { LocalAdapters } from '../../functions/local/adapters.ts';

/** The methods that write, by port: between any two of them a process can die. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  orders: ['create', 'save'],
  feed: ['acknowledge'],
  queue: ['enqueue', 'done', 'retry', 'bury'],
  inbox: ['record'],
  notices: ['send'],
  receipts: ['putOnce'],
  payments: ['open', 'confirm', 'settle', 'refund'],
};

export interface Mortal {
  readonly adapters: LocalAdapters;
  /** Resolves with the name of the last write. */
  readonly death: Promise<string>;
}

/** The same adapters for a process that dies with its write `number`: it is made, and nobody hears of it or does anything more. */
export function mortal(adapters: LocalAdapters, number: number): Mortal {
  let writes = 0;
  const death = Promise.withResolvers<string>();
  const never = new Promise<never>(() => undefined);

  const wrapPort = <Port extends object>(name: string, port: Port): Port =>
    new Proxy(port, {
      get(target, method, receiver) {
        const member: unknown = Reflect.get(target, method, receiver);
        if (typeof member !== 'function' || typeof method !== 'string') return member;
        return async (...args: unknown[]) => {
          if (writes >= number) return never;
          if (!WRITES[name]?.includes(method)) return member.apply(target, args);
          writes += 1;
          if (writes < number) return member.apply(target, args);
          // Also a write that failed was the last.
          await Promise.allSettled([member.apply(target, args)]);
          death.resolve(`${name}.${method}`);
          return never;
        };
      },
    });

  const wrapped = Object.entries(adapters).map(([name, port]) => [
    name,
    typeof port === 'object' && port !== null ? wrapPort(name, port) : port,
  ]);
  return { adapters: { ...adapters, ...Object.fromEntries(wrapped) }, death: death.promise };
}
