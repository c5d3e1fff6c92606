import type { Dispatcher } from 'undici';
import { jsonOf, send } from './http-client.ts';
import { inParallel } from './in-parallel.ts';

export interface Tokens {
  readonly users: readonly string[];
  /** By restaurant id. */
  readonly kitchens: Readonly<Record<string, string>>;
}

export const RESTAURANTS = 100;

/** A token for each user and each restaurant; whichever is `given` is used for all of its kind. */
export async function getTokens(
  client: Dispatcher,
  users: number,
  given: { readonly token?: string; readonly kitchenToken?: string },
): Promise<Tokens> {
  const names = Array.from({ length: users }, (_, index) => `load-${index}`);
  const ids = Array.from({ length: RESTAURANTS }, (_, index) => `rest-${index}`);
  const ofUser = async (sub: string) => given.token ?? devToken(client, { sub });
  const ofKitchen = async (id: string): Promise<[string, string]> => {
    const request = { sub: `kitchen-${id}`, groups: [`restaurant:${id}`] };
    return [id, given.kitchenToken ?? (await devToken(client, request))];
  };
  return {
    users: await inParallel(names, ofUser),
    kitchens: Object.fromEntries(await inParallel(ids, ofKitchen)),
  };
}

/** A token of the local platform's own issuer. */
export async function devToken(client: Dispatcher, request: object): Promise<string> {
  const answer = await send(client, { method: 'POST', path: '/dev/token', body: JSON.stringify(request) });
  const { token } = jsonOf(answer);
  if (answer.status === 200 && typeof token === 'string') return token;
  if (answer.status === 0) throw new Error(`nothing answers (${answer.text}): is the platform running?`);
  throw new Error(`/dev/token answered ${answer.status}: give tokens by --token and --kitchen-token`);
}
