import type { Answer } from "../answer.ts";
import { shownVersionId, type Bucket, type ObjectVersion } from "../buckets.ts";
import type { Exchange } from "../exchange.ts";
import { receiveDocument } from "../request-body.ts";
import { S3Error } from "../s3-error.ts";
import { bucketOf, type Service } from "../service.ts";
import { childText, malformed, parseXml, writeXml, type XmlElement } from "../xml.ts";
import { readableVersion } from "./get-object.ts";

/** "Categorizing your objects using tags" in the User Guide. */
const mostTags = 10;
const longestKey = 128;
const longestValue = 256;
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export function getObjectTagging(service: Service, exchange: Exchange): Answer {
  const bucket = bucketOf(service, exchange);
  const version = readableVersion(bucket, exchange);
  const Tag = [...version.tags].map(([Key, Value]) => ({ Key, Value }));
  return {
    status: 200,
    headers: versionHeader(bucket, version),
    body: writeXml("Tagging", { TagSet: Tag.length === 0 ? {} : { Tag } }),
  };
}

export async function putObjectTagging(service: Service, exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(service, exchange);
  const request = parseXml(await receiveDocument(exchange), "Tagging");
  const version = readableVersion(bucket, exchange);
  version.tags = readTags(request);
  return { status: 200, headers: versionHeader(bucket, version) };
}

export function deleteObjectTagging(service: Service, exchange: Exchange): Answer {
  const bucket = bucketOf(service, exchange);
  const version = readableVersion(bucket, exchange);
  version.tags = new Map();
  return { status: 204, headers: versionHeader(bucket, version) };
}

function readTags(request: XmlElement): ReadonlyMap<string, string> {
  const set = request.children.find(({ name }) => name === "TagSet");
  if (set === undefined) throw malformed();
  const tags = new Map<string, string>();
  for (const tag of set.children) {
    const [key, value] = [childText(tag, "Key"), childText(tag, "Value")];
    if (tag.name !== "Tag" || key === undefined || value === undefined) throw malformed();
    if (key === "" || key.length > longestKey || !allowed.test(key)) {
      throw new S3Error("InvalidTag", "The TagKey you have provided is invalid");
    }
    if (value.length > longestValue || !allowed.test(value)) {
      throw new S3Error("InvalidTag", "The TagValue you have provided is invalid");
    }
    if (tags.has(key)) {
      throw new S3Error("InvalidTag", "Cannot provide multiple Tags with the same key");
    }
    tags.set(key, value);
  }
  if (tags.size > mostTags) {
    throw new S3Error("BadRequest", "Object tags cannot be greater than 10");
  }
  return tags;
}

function versionHeader(bucket: Bucket, version: ObjectVersion): Record<string, string | undefined> {
  return { "x-amz-version-id": shownVersionId(bucket, version) };
}
