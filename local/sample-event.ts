import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { functionNames, type FunctionName } from "../functions/names.ts";
import { modelsBucket, type Pipeline } from "./pipeline/pipeline.ts";
import type { ObjectCreatedEvent } from "./s3/server.ts";

const fixtures = fileURLToPath(new URL("../test/fixtures/", import.meta.url));

/** What stands in for a model, by the end of its key. */
const standIns: readonly (readonly [suffix: string, fixture: string])[] = [
  [".weights.h5", "keras-3.15.1-jax/nested_seq_in_fn.weights.h5"],
  [".h5", "tensorflow-1.15.0/cnn_bn.h5"],
  [".keras", "keras-3.15.1-jax/classic.keras"],
];

/** A file of events/: `<function>.json` or `<function>.<case>.json`. */
export interface SampleEvent {
  readonly function: FunctionName;
  readonly event: unknown;
  /** Whether it tells of a bucket that keeps versions. */
  readonly versions: boolean;
}

/** The function that a file is an event of, by its name; undefined where there is none. */
export function functionOf(path: string): FunctionName | undefined {
  const [first] = basename(path).split(".");
  return functionNames.find((name) => name === first);
}

/** @throws Error where the name of the file names no function */
export function readSampleEvent(path: string): SampleEvent {
  const name = functionOf(path);
  if (name === undefined) throw new Error(`${path} is of none of ${functionNames.join(", ")}.`);
  const text = readFileSync(path, "utf8");
  const event = JSON.parse(text) as unknown;
  const versions = !text.includes("Object Created") || /version-id\\":\\"(?!null)/.test(text);
  return { function: name, event, versions };
}

/**
 * Puts models where an event says that there are some, and gives the event the versions they have
 * got, which nobody could know before.
 */
export async function makeTrue(
  pipeline: Pipeline,
  { event, versions }: SampleEvent,
): Promise<unknown> {
  let text = JSON.stringify(event);
  const { Records } = event as { Records?: { body: string }[] };
  if (Records !== undefined) {
    const records = [];
    for (const record of Records) {
      const told = JSON.parse(record.body) as ObjectCreatedEvent;
      const { key } = told.detail.object;
      const { versionId, etag } = await putStandIn(pipeline, key);
      const object = { ...told.detail.object, etag, ...(versions && { "version-id": versionId }) };
      records.push({
        ...record,
        body: JSON.stringify({ ...told, detail: { ...told.detail, object } }),
      });
    }
    return { ...(event as object), Records: records };
  }
  const keys = new Set([...text.matchAll(/s3:\/\/models\/([^"?]+)/g)].map(([, key]) => key!));
  const { item } = event as { item?: { Key: string } };
  if (item !== undefined) keys.add(item.Key);
  for (const key of keys) {
    const { etag } = await putStandIn(pipeline, key);
    text = text.replaceAll(/\\"[0-9a-f]{32}\\"/g, `\\"${etag}\\"`);
  }
  const [, folder] = /"folder":"(s3:[^"]+)"/.exec(text) ?? [];
  if (folder !== undefined) {
    const key = folder.replace(`s3://artifacts/split/${modelsBucket}/`, "").replace(/\/[^/]*$/, "");
    await putStandIn(pipeline, key);
    const answer = await pipeline.invoke("split", { model: `s3://${modelsBucket}/${key}` });
    text = text.replace(folder, (answer as { folder: string }).folder);
  }
  return JSON.parse(text) as unknown;
}

async function putStandIn(
  pipeline: Pipeline,
  key: string,
): Promise<{ readonly etag: string; readonly versionId: string | undefined }> {
  const [, name] = standIns.find(([suffix]) => key.endsWith(suffix))!;
  const { etag, versionId } = await pipeline.s3.putFile(modelsBucket, key, join(fixtures, name));
  return { etag: etag.replaceAll('"', ""), versionId };
}
