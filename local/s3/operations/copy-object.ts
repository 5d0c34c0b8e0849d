import type { Answer } from "../answer.ts";
import { shownVersionId, type ObjectChecksum } from "../buckets.ts";
import { checksumAlgorithms, type ChecksumAlgorithm } from "../checksums.ts";
import { checkWriteConditions } from "../conditions.ts";
import { copySource } from "../copy-source.ts";
import { digestOf, eTagOf } from "../digests.ts";
import type { Exchange } from "../exchange.ts";
import { encryptionHeaders, metadataOf, storageClassOf } from "../metadata.ts";
import { largestPart } from "../request-body.ts";
import { S3Error } from "../s3-error.ts";
import { bucketOf, storeObject, type Service } from "../service.ts";
import { writeXml } from "../xml.ts";

export async function copyObject(service: Service, exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(service, exchange);
  const source = copySource(service, exchange);
  const { version } = source;
  const directive = exchange.header("x-amz-metadata-directive") ?? "COPY";
  if (directive !== "COPY" && directive !== "REPLACE") {
    throw new S3Error("InvalidArgument", "Unknown metadata directive.");
  }
  if (version.size > largestPart) throw sourceTooLarge();
  const isOntoItself =
    source.bucket === bucket &&
    version.key === exchange.key &&
    bucket.objects.get(version.key)?.[0] === version;
  const changes =
    directive === "REPLACE" ||
    exchange.header("x-amz-storage-class") !== undefined ||
    exchange.header("x-amz-server-side-encryption") !== undefined;
  if (isOntoItself && !changes) {
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without " +
        "changing the object's metadata, storage class, website redirect location or encryption " +
        "attributes.",
    );
  }
  const given = metadataOf(exchange);
  const metadata =
    directive === "REPLACE"
      ? given
      : {
          headers: {
            ...version.metadata.headers,
            "x-amz-server-side-encryption": given.headers["x-amz-server-side-encryption"]!,
          },
          storageClass: storageClassOf(exchange),
        };
  const checksum = await checksumOfCopy(exchange, version);
  const etag = version.parts === undefined ? version.etag : await eTagOf(version.content);

  checkWriteConditions(exchange, bucket);
  exchange.entry.bytesCopied = version.size;
  const facts = { content: version.content, size: version.size, etag, checksum, metadata };
  const from = { reason: "CopyObject", requestId: exchange.requestId } as const;
  const copy = storeObject(service, bucket, exchange.key, { ...facts, parts: undefined }, from);
  return {
    status: 200,
    headers: {
      "x-amz-copy-source-version-id": shownVersionId(source.bucket, version),
      "x-amz-version-id": shownVersionId(bucket, copy),
      ...encryptionHeaders(metadata),
    },
    body: writeXml("CopyObjectResult", {
      LastModified: copy.lastModified.toISOString(),
      ETag: `"${copy.etag}"`,
      [`Checksum${checksum.algorithm}`]: await checksum.value(),
      ChecksumType: checksum.type,
    }),
  };
}

export function sourceTooLarge(): S3Error {
  return new S3Error(
    "InvalidRequest",
    "The specified copy source is larger than the maximum allowable size for a copy source: " +
      `${largestPart}`,
  );
}

/**
 * Of the algorithm asked for or that of the source; always of the full object, also where the
 * source has a composite one ("CopyObject" in the API Reference, ChecksumAlgorithm).
 */
async function checksumOfCopy(
  exchange: Exchange,
  source: { readonly checksum: ObjectChecksum; readonly content: Parameters<typeof digestOf>[0] },
): Promise<ObjectChecksum> {
  const asked = exchange.header("x-amz-checksum-algorithm");
  const algorithm = asked === undefined ? source.checksum.algorithm : checksumAlgorithmOf(asked);
  const isKnown = source.checksum.algorithm === algorithm && source.checksum.type === "FULL_OBJECT";
  const value = isKnown ? await source.checksum.value() : await digestOf(source.content, algorithm);
  return { algorithm, type: "FULL_OBJECT", value: () => Promise.resolve(value) };
}

export function checksumAlgorithmOf(asked: string): ChecksumAlgorithm {
  const found = checksumAlgorithms.find((algorithm) => algorithm === asked.toUpperCase());
  if (found !== undefined) return found;
  throw new S3Error(
    "InvalidRequest",
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: " +
      `[${checksumAlgorithms.join(", ")}]`,
  );
}
