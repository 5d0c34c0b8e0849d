import { CleaveError } from "../../errors.ts";
import { asObject, member } from "../../json/access.ts";
import { parseJson } from "../../json/parse.ts";
import { countText, type FileStart } from "./file-start.ts";

/** Headers of models with thousands of tensors are about a megabyte. */
const mostHeader = 4 * 1024 * 1024;

/**
 * A length in eight bytes, JSON of that length that names the tensors, then their values
 * (huggingface/safetensors, README, "Format").
 */
export async function describeSafetensors({ source, head }: FileStart): Promise<string | undefined> {
  if (head.length < 10 || head[8] !== 0x7b) return undefined;
  const length = Buffer.from(head).readBigUInt64LE(0);
  if (length < 2n || length > 100_000_000n) return undefined;
  const count = await countTensors(source, Number(length));
  const holds = count === undefined ? "" : ` with ${countText(count)} ${count === 1 ? "tensor" : "tensors"}`;
  const cut = 8 + Number(length) > source.size ? ", truncated" : "";
  return `safetensors${holds}${cut}, which hold no Keras architecture; load them into the Keras model they belong to and save that with model.save("model.keras")`;
}

/** @returns undefined where the header is not there whole, or too long to be read for a message */
async function countTensors(source: FileStart["source"], length: number): Promise<number | undefined> {
  if (length > mostHeader || 8 + length > source.size) return undefined;
  try {
    const text = Buffer.from(await source.read(8, length)).toString("utf8");
    const header = asObject(parseJson(text, "safetensors header"));
    if (header === undefined) return undefined;
    const isAbout = member(header, "__metadata__") !== undefined;
    return header.members.size - (isAbout ? 1 : 0);
  } catch (error) {
    if (error instanceof CleaveError && error.code !== "IO") return undefined;
    throw error;
  }
}
