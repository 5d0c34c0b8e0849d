import type { Answer } from "../answer.ts";
import { shownVersionId, type ObjectVersion } from "../buckets.ts";
import type { Exchange } from "../exchange.ts";
import { pageSize } from "../paging.ts";
import { S3Error } from "../s3-error.ts";
import { bucketOf, type Service } from "../service.ts";
import { writeXml, type XmlValue } from "../xml.ts";
import { readableVersion } from "./get-object.ts";

const attributes = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

export async function getObjectAttributes(service: Service, exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(service, exchange);
  const asked = (exchange.header("x-amz-object-attributes") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (asked.length === 0 || asked.some((name) => !attributes.includes(name))) {
    throw new S3Error("InvalidArgument", "Invalid attribute name specified.", {
      details: { ArgumentName: "x-amz-object-attributes", ArgumentValue: asked.join(",") },
    });
  }
  const version = readableVersion(bucket, exchange);
  exchange.hold(version.content);
  const { checksum } = version;
  const all: Record<string, XmlValue> = {
    ETag: version.etag,
    Checksum: asked.includes("Checksum")
      ? {
          // Here a composite one is without the number of parts.
          [`Checksum${checksum.algorithm}`]: (await checksum.value()).replace(/-\d+$/, ""),
          ChecksumType: checksum.type,
        }
      : undefined,
    ObjectParts: asked.includes("ObjectParts") ? partsOf(exchange, version) : undefined,
    StorageClass: version.metadata.storageClass,
    ObjectSize: version.size,
  };
  const shown = Object.entries(all).filter(([name]) => asked.includes(name));
  return {
    status: 200,
    headers: {
      "Last-Modified": version.lastModified.toUTCString(),
      "x-amz-version-id": shownVersionId(bucket, version),
    },
    body: writeXml("GetObjectAttributesResponse", Object.fromEntries(shown)),
  };
}

/** Parts are listed only where the object's checksum is made of theirs. */
function partsOf(exchange: Exchange, { parts, checksum: ofAll }: ObjectVersion): XmlValue {
  if (parts === undefined) return undefined;
  if (ofAll.type === "FULL_OBJECT") return { PartsCount: parts.length };
  const most = pageSize("x-amz-max-parts", exchange.header("x-amz-max-parts"));
  const marker = Number(exchange.header("x-amz-part-number-marker") ?? 0);
  const after = parts.filter(({ number }) => number > marker);
  const page = after.slice(0, most);
  return {
    PartsCount: parts.length,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: most,
    IsTruncated: after.length > page.length,
    Part: page.map(({ number, size, checksum }) => ({
      PartNumber: number,
      Size: size,
      ...(checksum !== undefined && { [`Checksum${checksum.algorithm}`]: checksum.value }),
    })),
  };
}
