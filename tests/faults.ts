import { PortError, type PortErrorCode } from '../shared/ports/port-error.ts';

/** The next `times` calls of `port.method` fail with `code`, before they have acted or after. */
export interface Fault {
  readonly port: string;
  readonly method: string;
  readonly when: 'before' | 'after';
  readonly code: PortErrorCode;
  readonly times: number;
}

/** Plans faults, and puts them between a platform and its adapters. */
export function faultPlan(): {
  add(fault: Fault): void;
  wrap<Adapters extends object>(adapters: Adapters): Adapters;
} {
  const planned: { fault: Fault; left: number }[] = [];

  function strike(port: string, method: string, when: Fault['when']): void {
    const hit = planned.find(
      ({ fault, left }) => left > 0 && fault.port === port && fault.method === method && fault.when === when,
    );
    if (!hit) return;
    hit.left -= 1;
    throw new PortError(hit.fault.code, `${port}.${method}`, { message: `planned fault, ${when} the call` });
  }

  const wrapPort = <Port extends object>(name: string, port: Port): Port =>
    new Proxy(port, {
      get(target, method, receiver) {
        const member: unknown = Reflect.get(target, method, receiver);
        if (typeof member !== 'function' || typeof method !== 'string') return member;
        return async (...args: unknown[]) => {
          strike(name, method, 'before');
          const result: unknown = await member.apply(target, args);
          strike(name, method, 'after');
          return result;
        };
      },
    });

  return {
    add: (fault) => planned.push({ fault, left: fault.times }),
    wrap: (adapters) => {
      const wrapped = Object.entries(adapters).map(([name, port]) => [
        name,
        typeof port === 'object' && port !== null ? wrapPort(name, port) : port,
      ]);
      return { ...adapters, ...Object.fromEntries(wrapped) };
    },
  };
}
