import type { HonoRequest } from 'hono';

export type Bytes = Uint8Array<ArrayBuffer>;

/** The bytes of a body, of which no more is read than `maxBytes`, also when it says nothing of its length. */
export async function readBody(request: HonoRequest, maxBytes: number): Promise<Bytes | 'broken-off' | 'too-large'> {
  const declared = request.header('Content-Length');
  if (Number(declared ?? 0) > maxBytes) return 'too-large';
  try {
    // Of a body with a length no more than that is read, and hono keeps it; much cheaper than a stream.
    const bytes =
      declared === undefined ? await readStream(request.raw, maxBytes) : new Uint8Array(await request.arrayBuffer());
    return bytes && bytes.length <= maxBytes ? bytes : 'too-large';
  } catch {
    // Nothing of ours is read from here: whatever went wrong, the client went away.
    return 'broken-off';
  }
}

/** Undefined as soon as it is too large: a stream that is left early is cancelled. */
async function readStream(request: Request, maxBytes: number): Promise<Bytes | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
