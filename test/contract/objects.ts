import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  type PutObjectCommandInput,
  type PutObjectCommandOutput,
} from "@aws-sdk/client-s3";
import type { Context } from "./check.ts";

type Options<T> = Omit<T, "Bucket" | "Key" | "Body">;

export function put(
  { client, bucket }: Context,
  key: string,
  body: NonNullable<PutObjectCommandInput["Body"]>,
  options: Options<PutObjectCommandInput> = {},
): Promise<PutObjectCommandOutput> {
  return client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...options }));
}

export function head(
  { client, bucket }: Context,
  key: string,
  options: Options<HeadObjectCommandInput> = {},
): Promise<HeadObjectCommandOutput> {
  return client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ...options }));
}

/** An answer whose body has been read to its end. */
export interface Got extends Omit<GetObjectCommandOutput, "Body"> {
  readonly bytes: Uint8Array;
  readonly status: number | undefined;
}

export async function get(
  { client, bucket }: Pick<Context, "client" | "bucket">,
  key: string,
  options: Options<GetObjectCommandInput> = {},
): Promise<Got> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...options });
  const { Body, ...answer } = await client.send(command);
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  return { ...answer, bytes, status: answer.$metadata.httpStatusCode };
}

/** As `CopySource` has it: encoded, but for the slashes. */
export function copySource(bucket: string, key: string, version?: string): string {
  const path = key.split("/").map(encodeURIComponent).join("/");
  return `${bucket}/${path}${version === undefined ? "" : `?versionId=${version}`}`;
}
