import { UsageError } from '../command.ts';

/** An access token, and where it came from. */
export interface GivenToken {
  readonly key: string;
  readonly token: string;
}

type Ask = (path: string, init: { readonly headers: Readonly<Record<string, string>> }) => Promise<Response>;

/** One request with each token before anything is ordered: a token that has run out is told at once, and by its name. */
export async function checkAccess(
  request: Ask,
  { anybody, operator, restaurantId }: { anybody: readonly GivenToken[]; operator: GivenToken; restaurantId: string },
): Promise<void> {
  for (const { key, token } of anybody) {
    const status = await statusOf(request, `/v1/restaurants/${restaurantId}`, token);
    if (status === 404) throw new Error(`there is no restaurant ${restaurantId}: npm run seed loads it`);
    refuse(key, status);
  }
  const status = await statusOf(request, '/v1/operations/past-due-orders?limit=1', operator.token);
  if (status === 403) throw new UsageError(`${operator.key} is the token of somebody who is not in the group operator`);
  refuse(operator.key, status);
}

async function statusOf(request: Ask, path: string, token: string): Promise<number> {
  const response = await request(path, { headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  return response.status;
}

function refuse(key: string, status: number): void {
  if (status === 401) throw new UsageError(`${key} is not taken (401): access tokens are good for an hour`);
  if (status !== 200) throw new Error(`the API answered ${status} to the token in ${key}`);
}
