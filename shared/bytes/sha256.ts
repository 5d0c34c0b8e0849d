import { createHash } from "node:crypto";
import { eachChunk } from "./chunks.ts";
import type { ByteRange } from "./source.ts";

/** The SHA-256 of a range, in hexadecimal. */
export async function sha256(range: ByteRange): Promise<string> {
  const hash = createHash("sha256");
  await eachChunk(range, (bytes) => hash.update(bytes));
  return hash.digest("hex");
}
