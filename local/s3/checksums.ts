import { createHash } from "node:crypto";
import { crcs } from "./crc.ts";

/** The checksums that S3 verifies and keeps. Names as in `x-amz-checksum-algorithm`. */
export const checksumAlgorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/**
 * Of all bytes of an object, or of the checksums of its parts.
 *
 * Only CRCs can be of the full object, and CRC-64/NVME cannot be composite: "Checking object
 * integrity" in the Amazon S3 User Guide.
 */
export type ChecksumType = "FULL_OBJECT" | "COMPOSITE";

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64, followed by `-` and the number of parts where it is composite and of an object. */
  readonly value: string;
}

export function isCrc(algorithm: string): algorithm is keyof typeof crcs {
  return algorithm in crcs;
}

export const widths = {
  MD5: 16,
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
} as const satisfies Record<ChecksumAlgorithm | "MD5", number>;

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** Takes bytes as they come and gives their digest in Base64, as S3 writes it. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): string;
}

export function hasher(algorithm: ChecksumAlgorithm | "MD5"): Hasher {
  if (!isCrc(algorithm)) {
    const hash = createHash(algorithm);
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => hash.digest("base64"),
    };
  }
  let value = 0n;
  return {
    update: (bytes) => {
      value = crcs[algorithm].update(bytes, value);
    },
    digest: () => encodeCrc(algorithm, value),
  };
}

/** The checksum of runs of bytes after each other, from the checksum of each. */
export function combineChecksums(
  algorithm: keyof typeof crcs,
  runs: Iterable<{ readonly value: string; readonly length: number }>,
): string {
  let total = 0n;
  for (const { value, length } of runs) {
    total = crcs[algorithm].combine(total, decodeCrc(value), length);
  }
  return encodeCrc(algorithm, total);
}

export function checksumOfZeros(algorithm: keyof typeof crcs, length: number): string {
  return encodeCrc(algorithm, crcs[algorithm].ofZeros(length));
}

/** The digest of the digests of the parts, without the number of parts that S3 appends. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, values: readonly string[]): string {
  const hash = hasher(algorithm);
  for (const value of values) hash.update(Buffer.from(value, "base64"));
  return hash.digest();
}

/** Whether a text is Base64 of a digest of that length. */
export function isDigest(text: string, algorithm: ChecksumAlgorithm | "MD5"): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === widths[algorithm] && bytes.toString("base64") === text;
}

function encodeCrc(algorithm: keyof typeof crcs, value: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes.subarray(8 - crcs[algorithm].width).toString("base64");
}

function decodeCrc(value: string): bigint {
  return BigInt(`0x${Buffer.from(value, "base64").toString("hex")}`);
}
