import { allEnded, allOrNone } from "../../all-or-none.ts";
import { crc32 } from "../../bytes/crc32.ts";
import type { MultipartUpload } from "./multipart.ts";
import type { ObjectSource } from "./object-source.ts";
import { copyOf, type PlannedPart } from "./planned-object.ts";

const probeSize = 16 * 1024;
/** Shards and assets may be many sources. */
const probesAtOnce = 16;

/**
 * Whether the checksums that a server states of copied ranges may be believed: that of a short range
 * of each source is compared with its bytes. Some servers state the checksum of the whole source,
 * with which an archive would be made that no reader accepts.
 */
export async function areChecksumsRight(
  upload: MultipartUpload,
  parts: readonly PlannedPart[],
): Promise<boolean> {
  const first = new Map<ObjectSource, PlannedPart>();
  for (const part of parts.toReversed()) if (part.copied) first.set(copyOf(part).source, part);
  const found = await allOrNone([...first.values()], probesAtOnce, async (part) => {
    const { source, offset, length } = copyOf(part);
    const range = { source, offset, length: Math.min(length, probeSize) };
    const [stated, bytes] = await allEnded([
      // In the place of a part that is copied later; of two with one number the later counts.
      upload.copy(part.number, range),
      source.read(offset, range.length),
    ]);
    return stated.crc32 === undefined || stated.crc32 === crc32(bytes);
  });
  return !found.includes(false);
}
