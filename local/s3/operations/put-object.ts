import type { Answer } from "../answer.ts";
import { shownVersionId } from "../buckets.ts";
import { checkWriteConditions } from "../conditions.ts";
import type { Exchange } from "../exchange.ts";
import { checksumHeaders, encryptionHeaders, metadataOf } from "../metadata.ts";
import { receiveObject } from "../request-body.ts";
import { bucketOf, newFilePath, storeObject, type Service } from "../service.ts";

/** A body without a declared checksum gets CRC-64/NVME, as S3 does since December 2024. */
export async function putObject(service: Service, exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(service, exchange);
  const metadata = metadataOf(exchange);
  const received = await receiveObject(exchange, newFilePath(service), "CRC64NVME");
  const { algorithm, value } = received.checksum;

  checkWriteConditions(exchange, bucket);
  const facts = {
    ...received,
    checksum: { algorithm, type: "FULL_OBJECT", value: () => Promise.resolve(value) },
    parts: undefined,
    metadata,
  } as const;
  const from = { reason: "PutObject", requestId: exchange.requestId } as const;
  const version = storeObject(service, bucket, exchange.key, facts, from);
  return {
    status: 200,
    headers: {
      ETag: `"${version.etag}"`,
      "x-amz-version-id": shownVersionId(bucket, version),
      ...encryptionHeaders(metadata),
      ...(await checksumHeaders(version)),
    },
  };
}
