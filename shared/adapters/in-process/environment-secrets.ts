import { PortError } from '../../ports/port-error.ts';
import type { Secrets } from '../../ports/secrets.ts';

/** Secrets by the names of environment variables, for platforms that run on somebody's own machine. */
export function environmentSecrets(environment: Readonly<Record<string, string | undefined>>): Secrets {
  const read = async (name: string): Promise<string> => {
    const value = environment[name];
    if (value === undefined || value === '') {
      throw new PortError('not-found', 'Secrets.get', { message: `the environment has no ${name}` });
    }
    return value;
  };
  return { get: read, refresh: read };
}
