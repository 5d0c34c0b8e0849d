import { crc32 } from "../../bytes/crc32.ts";
import type { MultipartUpload } from "./multipart.ts";
import type { ObjectSource } from "./object-source.ts";
import { copyOf, type PlannedPart } from "./planned-object.ts";

const probeSize = 16 * 1024;

/**
 * Whether the checksums that a server states of copied ranges may be believed: that of a short range
 * of each source is compared with its bytes. Some servers state the checksum of the whole source,
 * with which an archive would be made that no reader accepts.
 */
export async function areChecksumsRight(
  upload: MultipartUpload,
  parts: readonly PlannedPart[],
): Promise<boolean> {
  const sources = new Set<ObjectSource>();
  for (const part of parts) {
    if (!part.copied) continue;
    const { source, offset, length } = copyOf(part);
    if (sources.has(source)) continue;
    sources.add(source);
    const range = { source, offset, length: Math.min(length, probeSize) };
    const [stated, bytes] = await Promise.all([
      // In the place of a part that is copied later; of two with one number the later counts.
      upload.copy(part.number, range),
      source.read(offset, range.length),
    ]);
    if (stated.crc32 !== undefined && stated.crc32 !== crc32(bytes)) return false;
  }
  return true;
}
