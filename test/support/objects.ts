import { paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import { objectBytes } from "./s3-client.ts";

export async function keysBelow(
  client: S3Client,
  Bucket: string,
  Prefix: string,
): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
    keys.push(...Contents.map(({ Key }) => Key!));
  }
  return keys;
}

export async function objectText(
  client: S3Client,
  location: string,
  encoding: BufferEncoding = "utf8",
): Promise<string> {
  return (await objectBytes(client, location)).toString(encoding);
}

export async function jsonOf<T>(client: S3Client, location: string): Promise<T> {
  return JSON.parse(await objectText(client, location)) as T;
}
