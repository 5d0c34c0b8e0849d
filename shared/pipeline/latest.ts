import { isDeepStrictEqual } from "node:util";
import * as z from "zod/mini";
import { CleaveError, quote } from "../errors.ts";
import { absent, unchanged } from "../stores/s3/conditions.ts";
import type { S3Documents } from "../stores/s3/documents.ts";
import { versionName, type ModelVersion } from "./places.ts";

export const latestSchemaId = "urn:keras-cleave:latest:1";

const latestSchema = z.strictObject({
  schema: z.literal(latestSchemaId),
  model: z.strictObject({
    bucket: z.string(),
    key: z.string(),
    version: z.nullable(z.string()),
    etag: z.string(),
    size: z.number(),
  }),
  sequencer: z.nullable(z.string()),
  family: z.enum(["v3", "legacy"]),
  kerasVersion: z.nullable(z.string()),
  folder: z.string(),
  manifest: z.string(),
  architecture: z.string(),
  weights: z.string(),
  weightsSize: z.number(),
  training: z.nullable(z.string()),
});

/** Which version of a model was split last, and where its artifacts are: `latest.json`. */
export type Latest = z.infer<typeof latestSchema>;

/** Writers of the same key at the same time; each makes one of the others ask again. */
const mostAttempts = 20;

/** @returns undefined where there is none, or one that this Cleave cannot read */
export async function readLatest(
  documents: S3Documents,
  location: string,
): Promise<Latest | undefined> {
  return parseLatest((await documents.read(location))?.text);
}

/**
 * Moves `latest.json` forward to a version, never back to an older one, whatever others write at
 * the same time.
 *
 * @throws CleaveError `STORE_UNAVAILABLE`
 */
export async function moveLatest(
  documents: S3Documents,
  location: string,
  to: Latest,
): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const standing = await documents.read(location);
    if (isOfNewerCleave(standing?.text)) return;
    const from = parseLatest(standing?.text);
    const next = from === undefined ? to : await after(documents, from, to);
    if (next === undefined) return;
    const text = `${JSON.stringify(next, null, 2)}\n`;
    const condition = standing === undefined ? absent : unchanged(standing.etag);
    if (await documents.write(location, text, condition)) return;
  }
  throw new CleaveError(
    "STORE_UNAVAILABLE",
    `Cannot write ${quote(location, 1200)}: others write it all the time. Try again later.`,
  );
}

/** Whether `latest.json` says of this version, or of a later one, that it is split. */
export function covers(latest: Latest | undefined, model: SplitVersion): boolean {
  if (latest === undefined) return false;
  if (isSameVersion(latest.model, model)) return true;
  return bySequence(latest.sequencer, model.sequencer) === "later";
}

export interface SplitVersion extends ModelVersion {
  /** S3's, of the event that told of it; null where it was found otherwise. */
  readonly sequencer: string | null;
}

/** What is to stand in place of `from`; undefined where that is to stay. */
async function after(
  documents: S3Documents,
  from: Latest,
  to: Latest,
): Promise<Latest | undefined> {
  if (!isSameVersion(from.model, to.model)) {
    return (await isForward(documents, from, to)) ? to : undefined;
  }
  // Split again, perhaps with other options. When it was uploaded, only the event has told.
  const again = { ...to, sequencer: to.sequencer ?? from.sequencer };
  return isDeepStrictEqual(from, again) ? undefined : again;
}

/** Of two versions, whether the second is the later one. */
async function isForward(documents: S3Documents, from: Latest, to: Latest): Promise<boolean> {
  const order = bySequence(to.sequencer, from.sequencer);
  if (order !== undefined) return order === "later";
  // Found in a listing, at least one of them: whichever is current is the later one.
  const { bucket, key } = to.model;
  const current = await documents.head(`s3://${bucket}/${key}`);
  if (current === undefined) return false;
  const version = current.version ?? null;
  return isSameVersion(to.model, { bucket, key, version, etag: current.etag.replaceAll('"', "") });
}

/**
 * Of two events of one key, the one with the greater sequencer is the later: hexadecimal, padded on
 * the left to one length ("Event message structure" in the S3 User Guide).
 */
function bySequence(a: string | null, b: string | null): "later" | "earlier" | undefined {
  if (a === null || b === null) return undefined;
  const length = Math.max(a.length, b.length);
  const padded = (sequencer: string): string => sequencer.toUpperCase().padStart(length, "0");
  return padded(a) > padded(b) ? "later" : "earlier";
}

function isSameVersion(a: ModelVersion, b: ModelVersion): boolean {
  return versionName(a) === versionName(b);
}

/** What a later Cleave has written, it alone knows to move. */
function isOfNewerCleave(text: string | undefined): boolean {
  const known = Number(latestSchemaId.split(":").at(-1));
  const [, version] = /"schema":\s*"urn:keras-cleave:latest:(\d+)"/.exec(text ?? "") ?? [];
  return version !== undefined && Number(version) > known;
}

function parseLatest(text: string | undefined): Latest | undefined {
  if (text === undefined) return undefined;
  try {
    const { success, data } = latestSchema.safeParse(JSON.parse(text));
    return success ? data : undefined;
  } catch {
    return undefined;
  }
}
