import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  PutBucketVersioningCommand,
  type ObjectIdentifier,
  type S3Client,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
} from "@aws-sdk/client-s3";

const mostRounds = 20;

/** Makes a bucket that keeps versions. */
export async function createVersionedBucket(client: S3Client, bucket: string): Promise<void> {
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
}

export async function keepsVersions(client: S3Client, bucket: string): Promise<boolean> {
  const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
  return Status === "Enabled";
}

/** Removes every version, every delete marker and every upload of a prefix. */
export async function empty(client: S3Client, bucket: string, prefix: string): Promise<void> {
  const where = { Bucket: bucket, Prefix: prefix };
  // What has been listed is gone by the next round; a server that keeps it is not asked for ever.
  for (let round = 0; round < mostRounds; round += 1) {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(where));
    if (Uploads.length === 0) break;
    for (const { Key, UploadId } of Uploads) {
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }
  }
  for (let round = 0; round < mostRounds; round += 1) {
    const listed = await client.send(new ListObjectVersionsCommand(where));
    const versions = [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])];
    const Objects = versions.map(({ Key, VersionId }): ObjectIdentifier => ({ Key, VersionId }));
    if (Objects.length === 0) break;
    const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
    await client.send(command);
  }
}

/** Removes a bucket with all that is in it. */
export async function removeBucket(client: S3Client, bucket: string): Promise<void> {
  await empty(client, bucket, "");
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
}
