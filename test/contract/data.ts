import { createCipheriv, createHash } from "node:crypto";
import { crc32 } from "node:zlib";

export const MiB = 1024 * 1024;
/** The least that a part may have which is not the last. */
export const leastPart = 5 * MiB;

/** Bytes that look random and are the same in every run, and so are their checksums. */
export function bytesOf(seed: string, length: number): Buffer {
  const key = createHash("sha256").update(seed).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** An entity tag that nothing here has. */
export const staleEtag = '"00000000000000000000000000000000"';

/** The text that published check values of CRCs are of. */
export const digits = Buffer.from("123456789");

/** Of `digits`, as S3 writes them: the four or eight bytes of the value, highest first. */
export const checksumsOfDigits = {
  CRC32: "y/Q5Jg==",
  CRC32C: "4waSgw==",
  CRC64NVME: "rosUhgp5mIg=",
  SHA256: sha256(digits),
} as const;

/** Well formed, and of other bytes. */
export const otherChecksums = {
  CRC32: "AAAAAA==",
  CRC32C: "AAAAAA==",
  CRC64NVME: "AAAAAAAAAAA=",
  SHA256: sha256(Buffer.from("other")),
} as const;

export type Algorithm = keyof typeof checksumsOfDigits;
export const algorithms = Object.keys(checksumsOfDigits) as readonly Algorithm[];

export function md5(bytes: Uint8Array): Buffer {
  return createHash("md5").update(bytes).digest();
}

/** The entity tag of an object that was put, or of a part. */
export function etagOf(bytes: Uint8Array): string {
  return `"${md5(bytes).toString("hex")}"`;
}

/** The entity tag of an object of these parts. */
export function etagOfParts(parts: readonly Uint8Array[]): string {
  return `"${md5(Buffer.concat(parts.map(md5))).toString("hex")}-${parts.length}"`;
}

/** CRC-32 as S3 writes it. */
export function crc32Of(...runs: readonly Uint8Array[]): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(runs.reduce((crc, run) => crc32(run, crc), 0));
  return bytes.toString("base64");
}

/** A checksum of checksums: over the values of the parts, with their number. */
export function compositeOf(
  hash: (bytes: Buffer) => string,
  parts: readonly (string | undefined)[],
): string {
  const values = parts.map((value) => Buffer.from(value ?? "", "base64"));
  return `${hash(Buffer.concat(values))}-${parts.length}`;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}
