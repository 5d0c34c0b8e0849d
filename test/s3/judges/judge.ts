import type { S3ClientConfig } from "@aws-sdk/client-s3";

/** An S3 that we did not write. */
export interface Judge {
  readonly name: string;
  /** Makes what `start` needs, where it is not there yet; says why it cannot be had here. */
  prepare(): Promise<{ readonly missing?: string }>;
  /** @param folder for its data and its log, empty */
  start(folder: string): Promise<RunningJudge>;
}

/** A judge that answers. */
export interface RunningJudge {
  /** `http://127.0.0.1:PORT`; undefined for Amazon's. */
  readonly endpoint?: string;
  /** Undefined for those of the environment. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** All of it for a client of the SDK. */
  readonly client: S3ClientConfig;
  /** A bucket that is there already and in which nothing but our own is touched. */
  readonly bucket?: string;
  stop(): Promise<void>;
}

/** A server on the loopback interface, with buckets in the path. */
export function onLoopback(
  port: number,
  secretAccessKey: string,
  stop: () => Promise<void>,
): RunningJudge {
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: "test", secretAccessKey };
  const client = { endpoint, credentials, region: "us-east-1", forcePathStyle: true };
  return { endpoint, credentials, client, stop };
}
