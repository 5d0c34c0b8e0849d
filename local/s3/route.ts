import { S3Error } from "./s3-error.ts";

/** What a request asks for, by S3's names. */
export interface Route {
  readonly operation: string;
  /** Empty for ListBuckets. */
  readonly bucket: string;
  /** Empty for what concerns a bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/** Longest key, in bytes of UTF-8 ("Naming Amazon S3 objects" in the User Guide). */
const longestKey = 1024;

/** What tells one operation of a method and path from another: in the query, as S3 has it. */
const subresources = {
  "GET bucket": {
    versioning: "GetBucketVersioning",
    location: "GetBucketLocation",
    versions: "ListObjectVersions",
    uploads: "ListMultipartUploads",
    "list-type": "ListObjectsV2",
  },
  "PUT bucket": { versioning: "PutBucketVersioning", "": "CreateBucket" },
  "HEAD bucket": { "": "HeadBucket" },
  "DELETE bucket": { "": "DeleteBucket" },
  "POST bucket": { delete: "DeleteObjects" },
  "GET object": {
    attributes: "GetObjectAttributes",
    tagging: "GetObjectTagging",
    uploadId: "ListParts",
    "": "GetObject",
  },
  "HEAD object": { "": "HeadObject" },
  "DELETE object": {
    tagging: "DeleteObjectTagging",
    uploadId: "AbortMultipartUpload",
    "": "DeleteObject",
  },
  "POST object": { uploads: "CreateMultipartUpload", uploadId: "CompleteMultipartUpload" },
} as const satisfies Record<string, Record<string, string>>;

/** Parts of the query that say something about an operation and do not name another one. */
const parameters = new RegExp(
  `^(?:${[
    "x-id|versionId|partNumber|uploadId|response-.*",
    "[xX]-[aA]mz-.*",
    "prefix|delimiter|max-.*|.*-marker|continuation-token|start-after|fetch-owner|encoding-type",
  ].join("|")})$`,
);

/** @throws S3Error for what has no meaning or is not served */
export function route(method: string, url: string, headers: NodeJS.Dict<unknown>): Route {
  const mark = url.indexOf("?");
  // Not by `URL`, which would take "." and ".." out of keys.
  const path = (mark === -1 ? url : url.slice(0, mark)).replace(/^\//, "");
  const query = new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1));
  const slash = path.indexOf("/");
  const bucket = decode(slash === -1 ? path : path.slice(0, slash));
  const key = slash === -1 ? "" : decode(path.slice(slash + 1));
  if (Buffer.byteLength(key) > longestKey) {
    throw new S3Error("KeyTooLongError", "Your key is too long", {
      details: { Size: Buffer.byteLength(key), MaxSizeAllowed: longestKey },
    });
  }
  return { operation: operationOf(method, bucket, key, query, headers), bucket, key, query };
}

function operationOf(
  method: string,
  bucket: string,
  key: string,
  query: URLSearchParams,
  headers: NodeJS.Dict<unknown>,
): string {
  if (bucket === "") {
    if (method === "GET") return "ListBuckets";
    throw new S3Error("MethodNotAllowed", methodNotAllowed);
  }
  const kind = key === "" ? "bucket" : "object";
  const known: Record<string, string> | undefined =
    `${method} ${kind}` === "PUT object"
      ? writesOf(query, headers)
      : subresources[`${method} ${kind}` as keyof typeof subresources];
  if (known === undefined) throw new S3Error("MethodNotAllowed", methodNotAllowed);
  const named = Object.keys(known).find((name) => name !== "" && query.has(name));
  const other = [...query.keys()].find((name) => name !== named && !parameters.test(name));
  const operation = known[named ?? ""];
  if (operation !== undefined && other === undefined) return operation;
  throw new S3Error(
    "NotImplemented",
    `This server has no such operation: ${method} ?${other ?? ""}`,
  );
}

function writesOf(query: URLSearchParams, headers: NodeJS.Dict<unknown>): Record<string, string> {
  const isCopy = headers["x-amz-copy-source"] !== undefined;
  // One of the two without the other is refused by the operation itself.
  if (query.has("uploadId") || query.has("partNumber")) {
    return { "": isCopy ? "UploadPartCopy" : "UploadPart" };
  }
  return { tagging: "PutObjectTagging", "": isCopy ? "CopyObject" : "PutObject" };
}

const methodNotAllowed = "The specified method is not allowed against this resource.";

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI", "Couldn't parse the specified URI.");
  }
}
