import { copyFile, link, open, stat } from "node:fs/promises";
import { randomId, shownVersionId, type Bucket, type ObjectVersion } from "./buckets.ts";
import { fileContent, join, release, retain, sizeOf, slice, type Content } from "./content.ts";
import { digestOf, eTagOf } from "./digests.ts";
import { newFilePath, storeObject, type Service } from "./service.ts";

/** What a client would have got back had it uploaded the object. */
export interface Adopted {
  /** Undefined in a bucket without versioning. */
  readonly versionId: string | undefined;
  /** In quotes. */
  readonly etag: string;
}

/** Bytes at an offset of an object that is zero elsewhere. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Pieces go into one file, without what is between them. */
export async function sparseContent(
  service: Service,
  size: number,
  pieces: Iterable<Piece>,
): Promise<Content> {
  const path = newFilePath(service);
  const inOrder = [...pieces].toSorted((a, b) => a.offset - b.offset);
  const file = await open(path, "w");
  try {
    for (const { bytes } of inOrder) await file.writeFile(bytes);
  } finally {
    await file.close();
  }
  const stored = fileContent(
    path,
    inOrder.reduce((sum, { bytes }) => sum + bytes.length, 0),
  );
  const contents: Content[] = [];
  let position = 0;
  let inFile = 0;
  for (const { offset, bytes } of inOrder) {
    if (offset < position || offset + bytes.length > size) {
      throw new RangeError(`The piece at ${offset} overlaps another one or the end of the object.`);
    }
    contents.push(hole(offset - position), slice(stored, inFile, bytes.length));
    inFile += bytes.length;
    position = offset + bytes.length;
  }
  return join([...contents, hole(size - position)]);
}

/** The file must not change afterwards: where the disk allows, it is not copied. */
export async function contentOfFile(service: Service, path: string): Promise<Content> {
  const { size } = await stat(path);
  const own = newFilePath(service);
  await link(path, own).catch(() => copyFile(path, own));
  return fileContent(own, size);
}

/** As PutObject of an SDK would have stored it: with a CRC-32, here computed when it is needed. */
export async function adopt(
  service: Service,
  bucket: Bucket,
  key: string,
  content: Content,
): Promise<Adopted> {
  retain(content);
  const facts = {
    content,
    size: sizeOf(content),
    etag: await eTagOf(content),
    checksum: {
      algorithm: "CRC32",
      type: "FULL_OBJECT",
      value: () => digestOf(content, "CRC32"),
    },
    parts: undefined,
    metadata: {
      headers: {
        "content-type": "application/octet-stream",
        "x-amz-server-side-encryption": "AES256",
      },
      storageClass: "STANDARD",
    },
  } as const;
  const from = { reason: "PutObject", requestId: randomId(12) } as const;
  const version: ObjectVersion = storeObject(service, bucket, key, facts, from);
  release(content);
  return { versionId: shownVersionId(bucket, version), etag: `"${version.etag}"` };
}

function hole(length: number): Content {
  return length === 0 ? [] : [{ file: undefined, offset: 0, length }];
}
