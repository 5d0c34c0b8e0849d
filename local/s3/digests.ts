import { createHash } from "node:crypto";
import {
  checksumOfZeros,
  combineChecksums,
  hasher,
  isCrc,
  type ChecksumAlgorithm,
} from "./checksums.ts";
import { readContent, sizeOf, type Content, type Extent } from "./content.ts";

/** Up to here the ETag of what is copied is the MD5 of its bytes. */
const largestReadForETag = 8 * 1024 * 1024;

/**
 * The digest of a content, in Base64, by reading it. CRCs are combined from those of its extents,
 * which are read once; zeros are not gone through.
 */
export async function digestOf(
  content: Content,
  algorithm: ChecksumAlgorithm | "MD5",
): Promise<string> {
  if (!isCrc(algorithm)) {
    return content.length === 1 ? digestOfExtent(content[0]!, algorithm) : read(content, algorithm);
  }
  const runs: { value: string; length: number }[] = [];
  for (const extent of content) {
    runs.push({ value: await digestOfExtent(extent, algorithm), length: extent.length });
  }
  return combineChecksums(algorithm, runs);
}

/** What a body was found to have while it was received. */
export function remember(
  content: Content,
  algorithm: ChecksumAlgorithm | "MD5",
  value: string,
): void {
  const [extent] = content;
  extent?.file?.digests.set(keyOf(extent, algorithm), Promise.resolve(value));
}

/**
 * An ETag for bytes that S3 copied, without quotes: their MD5 or, where reading them for nothing
 * else would be slow, a stable value of the same form. S3 promises no more ("Object" in the API
 * Reference: an ETag "may or may not be an MD5 digest").
 */
export async function eTagOf(content: Content): Promise<string> {
  const [extent] = content;
  const isKnown = content.length === 1 && extent!.file?.digests.has(keyOf(extent!, "MD5")) === true;
  if (isKnown || sizeOf(content) <= largestReadForETag) {
    return Buffer.from(await digestOf(content, "MD5"), "base64").toString("hex");
  }
  const description = content.map(({ file, offset, length }) => [file?.path, offset, length]);
  return createHash("md5").update(JSON.stringify(description)).digest("hex");
}

function digestOfExtent(extent: Extent, algorithm: ChecksumAlgorithm | "MD5"): Promise<string> {
  const { file, length } = extent;
  if (file === undefined) {
    return isCrc(algorithm)
      ? Promise.resolve(checksumOfZeros(algorithm, length))
      : read([extent], algorithm);
  }
  const key = keyOf(extent, algorithm);
  const known = file.digests.get(key);
  if (known !== undefined) return known;
  const value = read([extent], algorithm);
  file.digests.set(key, value);
  value.catch(() => file.digests.delete(key));
  return value;
}

async function read(content: Content, algorithm: ChecksumAlgorithm | "MD5"): Promise<string> {
  const hash = hasher(algorithm);
  for await (const bytes of readContent(content)) hash.update(bytes);
  return hash.digest();
}

function keyOf({ offset, length }: Extent, algorithm: string): string {
  return `${algorithm} ${offset} ${length}`;
}
