import { grouped } from "../../grouped.ts";
import { asObject } from "../../json/access.ts";
import { parseJson } from "../../json/parse.ts";
import type { Foreign, Opened } from "./foreign.ts";

/** Real ones have some 100 bytes a tensor; a longer header is not read for the sake of a count. */
const mostHeaderBytes = 4 * 1024 * 1024;

/**
 * Eight bytes of length, then a header of JSON with a member for each tensor and perhaps
 * `__metadata__` (huggingface/safetensors, README, "Format").
 */
export async function safetensors({ source, head, text }: Opened): Promise<Foreign | undefined> {
  if (head.length < 10 || !/^\{(?:\s*"|\})/.test(text.slice(8))) return undefined;
  const length = Number(head.readBigUInt64LE(0));
  if (length < 2 || length > 2 ** 40) return undefined;
  const count = await countTensors(source, length);
  const holds =
    count === undefined ? "tensors" : `${grouped(count)} ${count === 1 ? "tensor" : "tensors"}`;
  const cut = 8 + length > source.size ? ", truncated" : "";
  return {
    is: `safetensors${cut}: ${holds} without a Keras architecture`,
    advice: 'Load them into the Keras model, call model.save("model.keras") and give that file',
  };
}

async function countTensors(source: Opened["source"], length: number): Promise<number | undefined> {
  if (length > mostHeaderBytes || 8 + length > source.size) return undefined;
  try {
    const json = Buffer.from(await source.read(8, length)).toString("utf8");
    const names = [...(asObject(parseJson(json, "header"))?.members.keys() ?? [])];
    return names.filter((name) => name !== "__metadata__").length;
  } catch {
    return undefined;
  }
}
