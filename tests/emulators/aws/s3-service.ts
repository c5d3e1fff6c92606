import type { AwsAnswer, AwsService } from './protocol.ts';

/** PutObject with `If-None-Match: *`, and GetObject, by path. */
export function s3(objects: Map<string, string>): AwsService {
  return ({ method, url, body, headers }) => {
    const key = decodeURIComponent(url.pathname.slice(1));
    if (!key.includes('/') || headers['x-amz-target']) return undefined;
    if (method === 'GET') {
      const found = objects.get(key);
      return found === undefined ? failure(404, 'NoSuchKey') : { status: 200, body: found, headers: { etag: '"1"' } };
    }
    if (method !== 'PUT') return undefined;
    if (headers['if-none-match'] === '*' && objects.has(key)) return failure(412, 'PreconditionFailed');
    objects.set(key, unchunked(body, headers['content-encoding']));
    return { status: 200, body: '', headers: { etag: '"1"' } };
  };
}

/** The client may send a body in chunks with a checksum behind it. */
function unchunked(body: string, encoding: string | undefined): string {
  if (!encoding?.includes('aws-chunked')) return body;
  const bytes = Buffer.from(body);
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString(), 16);
    if (!(size > 0)) return Buffer.concat(parts).toString();
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

function failure(status: number, code: string): AwsAnswer {
  return {
    status,
    body: `<Error><Code>${code}</Code><Message>${code}</Message></Error>`,
    headers: { 'content-type': 'application/xml' },
  };
}
