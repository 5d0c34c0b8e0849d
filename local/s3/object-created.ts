import { randomUUID } from "node:crypto";
import { bucketOwner } from "./buckets.ts";

export type CreationReason = "PutObject" | "CopyObject" | "CompleteMultipartUpload";

/**
 * The event that EventBridge delivers for a new object ("Amazon S3 events" in the EventBridge
 * Events Reference). Unlike in S3's own notifications the key is not URL-encoded, and the ETag has
 * no quotes.
 */
export interface ObjectCreatedEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": "Object Created";
  readonly source: "aws.s3";
  readonly account: string;
  /** Whole seconds, as EventBridge has them. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly [string];
  readonly detail: {
    readonly version: "0";
    readonly bucket: { readonly name: string };
    readonly object: {
      readonly key: string;
      readonly size: number;
      readonly etag: string;
      /** Absent in a bucket that never had versioning. */
      readonly "version-id"?: string;
      /** Hexadecimal; of two for one key the greater, padded on the left, is the later. */
      readonly sequencer: string;
    };
    readonly "request-id": string;
    readonly requester: string;
    readonly "source-ip-address": string;
    readonly reason: CreationReason;
  };
}

export interface CreatedObject {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly versionId: string | undefined;
  readonly reason: CreationReason;
  readonly requestId: string;
}

/** @param sequence grows by one with every object */
export function objectCreated(created: CreatedObject, sequence: number): ObjectCreatedEvent {
  const { bucket, key, size, etag, versionId, reason, requestId } = created;
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Object Created",
    source: "aws.s3",
    account: bucketOwner,
    time: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    region: "us-east-1",
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: "0",
      bucket: { name: bucket },
      object: {
        key,
        size,
        etag,
        ...(versionId !== undefined && { "version-id": versionId }),
        sequencer: `0066${sequence.toString(16).toUpperCase().padStart(14, "0")}`,
      },
      "request-id": requestId,
      requester: bucketOwner,
      "source-ip-address": "127.0.0.1",
      reason,
    },
  };
}
