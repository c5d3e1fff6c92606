import { DeleteObjectsCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';

/**
 * Deletes every version of every object in a bucket, a page at a time: a bucket that has any cannot be deleted. Answers how many it were;
 * none of a bucket that is gone. May be broken off and run again.
 */
export async function emptyBucket(
  client: S3Client,
  bucket: string,
  onProgress: (deleted: number) => void,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const versions = await firstVersions(client, bucket);
    if (versions.length === 0) return deleted;
    const objects = versions.map(({ Key, VersionId }) => ({ Key, VersionId }));
    const { Errors: errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
    );
    const [first] = errors;
    if (first) throw new Error(`${bucket}: ${errors.length} objects could not be deleted (${first.Code})`);
    deleted += objects.length;
    onProgress(deleted);
  }
}

async function firstVersions(
  client: S3Client,
  bucket: string,
): Promise<readonly { readonly Key?: string | undefined; readonly VersionId?: string | undefined }[]> {
  try {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1_000 }));
    return [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchBucket') return [];
    throw error;
  }
}
