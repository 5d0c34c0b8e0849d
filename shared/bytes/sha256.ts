import { chunksOf } from "./chunks.ts";
import type { ByteRange } from "./source.ts";

/** In hexadecimal, of the bytes of a range. */
export async function sha256(range: ByteRange): Promise<string> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  for await (const bytes of chunksOf(range)) hash.update(bytes);
  return hash.digest("hex");
}
