import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Restaurant } from '../../shared/domain/restaurant.ts';
import { UsageError } from '../command.ts';

const idSchema = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -');
const itemSchema = z.strictObject({
  menuItemId: idSchema,
  name: z.string().min(1).max(200),
  unitPrice: z.strictObject({ amount: z.int().nonnegative(), currency: z.string().regex(/^[A-Z]{3}$/) }),
});
const restaurantSchema = z.strictObject({
  id: idSchema,
  name: z.string().min(1).max(200),
  cuisine: z.string().regex(/^[a-z][a-z -]{0,63}$/, 'must be lower case'),
  rating: z.number().min(0).max(5),
  acceptingOrders: z.boolean(),
  menu: z.array(itemSchema).min(1).max(500),
  contact: z.strictObject({ email: z.email().optional(), phone: z.e164().optional() }).optional(),
});

/** Restaurants of a file that somebody names by --file. */
export async function readRestaurants(file: string): Promise<readonly Restaurant[]> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--file ${file}: ${UNREADABLE[cause.code ?? ''] ?? `cannot be read (${cause.code})`}`, {
      cause,
    });
  });
  const list = parsed(file, text);
  if (!Array.isArray(list) || list.length === 0) throw new UsageError(`--file ${file}: is not a list of restaurants`);
  const problems = [...list.flatMap(problemsOf), ...idsTwice(list)];
  if (problems.length === 0) return list as readonly Restaurant[];
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
  throw new UsageError(`--file ${file}: ${problems[0]}${more}`);
}

const UNREADABLE: Readonly<Record<string, string>> = { EISDIR: 'is a directory', ENOENT: 'there is no such file' };

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--file ${file}: is not JSON`, { cause });
  }
}

function problemsOf(value: unknown, index: number): readonly string[] {
  const { error } = restaurantSchema.safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => `${[titleOf(value, index), ...path].join('.')}: ${message}`);
}

/** As people count, with the id where it has one. */
function titleOf(value: unknown, index: number): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? ` (${value.id})` : '';
  return `restaurant ${index + 1}${id}`;
}

/** The later one would silently take the place of the other. */
function idsTwice(list: readonly { readonly id?: unknown }[]): readonly string[] {
  const ids = list.map((value) => value?.id);
  return ids.flatMap((id, index) => {
    const first = ids.indexOf(id);
    return id === undefined || first === index ? [] : [`restaurants ${first + 1} and ${index + 1} have one id, ${id}`];
  });
}
