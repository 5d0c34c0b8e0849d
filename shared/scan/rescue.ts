import { inflateRawSync } from "node:zlib";
import { pagedSource } from "../bytes/paged-source.ts";
import { wholeRange } from "../bytes/range-source.ts";
import type { ByteSource } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";
import { stringBytes } from "../hdf5/attributes.ts";
import { rootAttributes } from "../hdf5/survey.ts";
import { localMembers } from "../zip/survey.ts";
import type { JsonPart } from "./serialized.ts";

/** More of one name than this says nothing new. */
const mostTexts = 16;
/** A configuration is a few MB; what is larger is not unpacked of a file that is refused. */
const mostBytes = 16 * 1024 * 1024;

/**
 * Texts of architecture and training in a file that is refused as a whole: every copy of
 * `config.json` that a local header of an archive leads to, or the texts of an HDF5 root group.
 */
export async function rescueTexts(source: ByteSource): Promise<JsonPart[]> {
  try {
    const head = Buffer.from(await source.read(0, Math.min(8, source.size)));
    if (head.toString("latin1", 0, 4) === "PK\x03\x04") return await textsOfArchive(source);
    return await textsOfHdf5(source);
  } catch (error) {
    if (
      error instanceof CleaveError &&
      !["IO", "STORE_UNAVAILABLE", "INTERRUPTED"].includes(error.code)
    )
      return [];
    throw error;
  }
}

async function textsOfArchive(source: ByteSource): Promise<JsonPart[]> {
  const parts: JsonPart[] = [];
  for (const { name, deflated, stored } of await localMembers(source)) {
    if (!/(?:^|\/)config\.json$/.test(name) || stored.length === 0) continue;
    if (stored.length > mostBytes || parts.length === mostTexts) continue;
    const bytes = await source.read(stored.offset, stored.length);
    const text = deflated ? inflated(bytes) : Buffer.from(bytes);
    if (text !== undefined)
      parts.push({ part: "config.json", text: text.toString("utf8"), kerasVersion: null });
  }
  return parts;
}

function inflated(bytes: Uint8Array): Buffer | undefined {
  try {
    return inflateRawSync(bytes, { maxOutputLength: mostBytes });
  } catch {
    return undefined; // damaged, or larger than allowed
  }
}

async function textsOfHdf5(source: ByteSource): Promise<JsonPart[]> {
  const attributes = await rootAttributes(wholeRange(pagedSource(source)));
  return attributes.flatMap((attribute) => {
    if (!attribute.name.endsWith("_config")) return [];
    const [bytes] = stringBytes(attribute) ?? [];
    return bytes === undefined
      ? []
      : [{ part: attribute.name, text: Buffer.from(bytes).toString("utf8"), kerasVersion: null }];
  });
}
