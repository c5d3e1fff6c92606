import type { AwsAnswer, AwsService } from './protocol.ts';

/** One version of an object, or a mark that it was deleted. */
export interface ObjectVersion {
  readonly key: string;
  readonly version: string;
  readonly marker?: boolean;
}

/** Versions in a page: a client has to ask again, as it has to of S3 after a thousand. */
const PAGE = 4;

/** ListObjectVersions and DeleteObjects of buckets with versions, by their names. */
export function s3Versions(buckets: Map<string, ObjectVersion[]>): AwsService {
  return ({ method, url, body }) => {
    const kept = buckets.get(url.pathname.replaceAll('/', ''));
    if (!kept) return undefined;
    if (method === 'GET' && url.searchParams.has('versions')) return listed(kept);
    if (method !== 'POST' || !url.searchParams.has('delete')) return undefined;
    const gone = new Set([...body.matchAll(/<VersionId>([^<]+)<\/VersionId>/g)].map(([, version]) => version));
    kept.splice(0, kept.length, ...kept.filter(({ version }) => !gone.has(version)));
    return xml('<DeleteResult/>');
  };
}

function listed(kept: readonly ObjectVersion[]): AwsAnswer {
  const entries = kept.slice(0, PAGE).map(({ key, version, marker }) => {
    const name = marker ? 'DeleteMarker' : 'Version';
    return `<${name}><Key>${key}</Key><VersionId>${version}</VersionId></${name}>`;
  });
  const more = `<IsTruncated>${kept.length > PAGE}</IsTruncated>`;
  return xml(`<ListVersionsResult>${more}${entries.join('')}</ListVersionsResult>`);
}

function xml(body: string): AwsAnswer {
  return { status: 200, body, headers: { 'content-type': 'application/xml' } };
}
