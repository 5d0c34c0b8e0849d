import { CleaveError, quote } from "../errors.ts";
import { limitOf } from "../limits.ts";
import { folderOf, nameOf, type Location } from "../stores/location.ts";
import { OpenFiles } from "../stores/open-files.ts";
import type { Manifest } from "./schema.ts";
import { manifestSchemaId } from "./schema-id.ts";

/**
 * Reads and checks a manifest.
 *
 * @param files for the stores that are reached through them
 * @throws CleaveError `MODEL_INVALID` naming the field that is wrong; `IO`
 */
export async function readManifest(path: Location, files = new OpenFiles()): Promise<Manifest> {
  const store = await files.storeOf(path);
  if (!(await store.exists(path))) {
    throw new CleaveError(
      "MODEL_INVALID",
      `${quote(folderOf(path))} is no folder of cleave split: it has no ${nameOf(path)}.`,
    );
  }
  const file = await store.open(path);
  try {
    if (file.size > 4 * limitOf("configBytes")) {
      throw new CleaveError(
        "LIMIT_EXCEEDED",
        `${quote(path)} has ${file.size} bytes; a manifest has less.`,
      );
    }
    return await parseManifest(path, Buffer.from(await file.read(0, file.size)).toString("utf8"));
  } finally {
    await file.close();
  }
}

async function parseManifest(path: string, text: string): Promise<Manifest> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new CleaveError("MODEL_INVALID", `${quote(path)} is not JSON; split the model again.`, {
      cause,
    });
  }
  const schema = (document as { schema?: unknown } | null)?.schema;
  if (schema !== manifestSchemaId) {
    throw new CleaveError(
      "MODEL_INVALID",
      `${quote(path)} is not a manifest of this version of Cleave (its schema is ${quote(String(schema))}).`,
    );
  }
  // Loaded when there is a manifest to read: most verbs only write one.
  const { checkManifest } = await import("./schema.ts");
  const result = checkManifest(document);
  if ("problems" in result) {
    throw new CleaveError(
      "MODEL_INVALID",
      `${quote(path)} is damaged; split the model again.\n${result.problems}`,
    );
  }
  return result.manifest;
}
