import type { Answer } from "../answer.ts";
import {
  addDeleteMarker,
  currentObject,
  removeVersion,
  type Bucket,
  type Version,
} from "../buckets.ts";
import { checkDeleteCondition } from "../conditions.ts";
import type { Exchange } from "../exchange.ts";
import { receiveDocument } from "../request-body.ts";
import { S3Error } from "../s3-error.ts";
import { bucketOf, type Service } from "../service.ts";
import { childText, malformed, parseXml, writeXml, type XmlElement } from "../xml.ts";

/** "DeleteObjects" in the API Reference. */
const mostKeys = 1000;

export function deleteObject(service: Service, exchange: Exchange): Answer {
  const bucket = bucketOf(service, exchange);
  const versionId = exchange.query("versionId");
  const deleted = remove(bucket, exchange.key, versionId, exchange.header("if-match"));
  return {
    status: 204,
    headers: {
      "x-amz-delete-marker": deleted?.isDeleteMarker === true ? "true" : undefined,
      "x-amz-version-id": deleted?.versionId,
    },
  };
}

export async function deleteObjects(service: Service, exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(service, exchange);
  const headers = Object.keys(exchange.request.headers);
  const isChecked =
    headers.some((name) => name === "content-md5" || name.startsWith("x-amz-checksum-")) ||
    exchange.header("x-amz-trailer") !== undefined;
  if (!isChecked) {
    const message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
    throw new S3Error("InvalidRequest", message);
  }
  const request = parseXml(await receiveDocument(exchange), "Delete");
  const objects = request.children.filter(({ name }) => name === "Object");
  if (objects.length === 0 || objects.length > mostKeys) throw malformed();
  const outcomes = objects.map((object) => removeListed(bucket, object));
  const isQuiet = childText(request, "Quiet") === "true";
  const body = writeXml("DeleteResult", {
    Deleted: isQuiet ? [] : outcomes.filter((outcome) => !("Code" in outcome)),
    Error: outcomes.filter((outcome) => "Code" in outcome),
  });
  return { status: 200, body };
}

function removeListed(bucket: Bucket, object: XmlElement): Record<string, string | undefined> {
  const key = childText(object, "Key");
  if (key === undefined || key === "") throw malformed();
  const versionId = childText(object, "VersionId");
  try {
    const deleted = remove(bucket, key, versionId, childText(object, "ETag"));
    const isMarker = deleted?.isDeleteMarker === true;
    return {
      Key: key,
      VersionId: versionId,
      DeleteMarker: isMarker ? "true" : undefined,
      DeleteMarkerVersionId: isMarker ? deleted.versionId : undefined,
    };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return { Key: key, VersionId: versionId, Code: error.code, Message: error.message };
  }
}

/**
 * Removes a version, or hides the key under a delete marker where the bucket has versioning
 * ("Deleting object versions" in the User Guide). What is not there is deleted already.
 *
 * @returns the version removed or the delete marker made; nothing where there is nothing to name
 */
function remove(
  bucket: Bucket,
  key: string,
  versionId: string | undefined,
  condition: string | undefined,
): Version | undefined {
  const versions = bucket.objects.get(key) ?? [];
  if (versionId !== undefined) {
    const version = versions.find((one) => one.versionId === versionId);
    checkDeleteCondition(condition, key, version?.isDeleteMarker === false ? version : undefined);
    if (version !== undefined) removeVersion(bucket, version);
    return version;
  }
  checkDeleteCondition(condition, key, currentObject(bucket, key));
  if (bucket.versioning !== undefined) return addDeleteMarker(bucket, key);
  if (versions[0] !== undefined) removeVersion(bucket, versions[0]);
  return undefined;
}
