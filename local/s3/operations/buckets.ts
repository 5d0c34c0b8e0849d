import type { Answer } from "../answer.ts";
import { bucketOwner, newBucket, removeUpload } from "../buckets.ts";
import type { Exchange } from "../exchange.ts";
import { receiveDocument } from "../request-body.ts";
import { S3Error } from "../s3-error.ts";
import { bucketOf, type Service } from "../service.ts";
import { childText, malformed, parseXml, writeXml } from "../xml.ts";

export async function createBucket(service: Service, exchange: Exchange): Promise<Answer> {
  const { bucket: name } = exchange.route;
  const body = await receiveDocument(exchange);
  const configuration = body === "" ? undefined : parseXml(body, "CreateBucketConfiguration");
  const region = configuration && childText(configuration, "LocationConstraint");
  if (!isBucketName(name)) {
    throw new S3Error("InvalidBucketName", "The specified bucket is not valid.", {
      details: { BucketName: name },
    });
  }
  // In us-east-1, which has no LocationConstraint, creating one's own bucket again does nothing.
  if (service.buckets.has(name) && region !== undefined) {
    throw new S3Error(
      "BucketAlreadyOwnedByYou",
      "Your previous request to create the named bucket succeeded and you already own it.",
      { details: { BucketName: name } },
    );
  }
  if (!service.buckets.has(name)) service.buckets.set(name, newBucket(name));
  return { status: 200, headers: { Location: `/${name}` } };
}

/** "Bucket naming rules" in the User Guide. */
export function isBucketName(name: string): boolean {
  const isAddress = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);
  return /^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/.test(name) && !name.includes("..") && !isAddress;
}

export function headBucket(service: Service, exchange: Exchange): Answer {
  bucketOf(service, exchange);
  return { status: 200, headers: { "x-amz-bucket-region": "us-east-1" } };
}

export function deleteBucket(service: Service, exchange: Exchange): Answer {
  const bucket = bucketOf(service, exchange);
  if (bucket.objects.size > 0) {
    throw new S3Error("BucketNotEmpty", "The bucket you tried to delete is not empty", {
      details: { BucketName: bucket.name },
    });
  }
  for (const upload of bucket.uploads.values()) removeUpload(bucket, upload);
  service.buckets.delete(bucket.name);
  return { status: 204 };
}

export function listBuckets(service: Service, exchange: Exchange): Answer {
  const prefix = exchange.query("prefix") ?? "";
  const buckets = [...service.buckets.values()]
    .filter(({ name }) => name.startsWith(prefix))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const body = writeXml("ListAllMyBucketsResult", {
    Owner: { ID: bucketOwner },
    Buckets: {
      Bucket: buckets.map(({ name, createdAt }) => ({
        Name: name,
        CreationDate: createdAt.toISOString(),
      })),
    },
  });
  return { status: 200, body };
}

export async function putBucketVersioning(service: Service, exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(service, exchange);
  const body = await receiveDocument(exchange);
  const status = childText(parseXml(body, "VersioningConfiguration"), "Status");
  if (status !== undefined && status !== "Enabled" && status !== "Suspended") throw malformed();
  if (status === undefined) {
    throw new S3Error(
      "IllegalVersioningConfigurationException",
      "The Versioning element must be specified",
    );
  }
  bucket.versioning = status;
  return { status: 200 };
}

export function getBucketVersioning(service: Service, exchange: Exchange): Answer {
  const { versioning } = bucketOf(service, exchange);
  return { status: 200, body: writeXml("VersioningConfiguration", { Status: versioning }) };
}

/** us-east-1, which S3 writes as nothing. */
export function getBucketLocation(service: Service, exchange: Exchange): Answer {
  bucketOf(service, exchange);
  return { status: 200, body: writeXml("LocationConstraint", {}) };
}
