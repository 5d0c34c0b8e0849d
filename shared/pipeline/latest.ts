import * as z from "zod/mini";
import { CleaveError, quote } from "../errors.ts";
import { absent, unchanged } from "../stores/s3/conditions.ts";
import type { S3Documents } from "../stores/s3/documents.ts";
import { schemaNumber } from "./schema-number.ts";
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

/** A `latest.json` as it stands. */
export interface StandingLatest {
  /** Null where a later Cleave has written it, which alone knows to read and to move it. */
  readonly latest: Latest | null;
  /** By S3's clock, in whole seconds. */
  readonly written: Date;
}

/** @returns undefined where there is none, or something else */
export async function readLatest(
  documents: S3Documents,
  location: string,
): Promise<StandingLatest | undefined> {
  const found = await documents.read(location);
  const latest = parseLatest(found?.text);
  return latest === undefined ? undefined : { latest, written: found!.modified };
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
    const from = parseLatest(standing?.text);
    if (from === null) return;
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

/**
 * Whether `latest.json` says of this version, or of a later one, that it is split.
 *
 * @param split when this version was split: by one that died before it said so, perhaps
 */
export function covers(
  standing: StandingLatest | undefined,
  model: SplitVersion,
  split: Date,
): boolean {
  if (standing === undefined) return false;
  const { latest, written } = standing;
  if (latest === null) return true;
  if (isSameVersion(latest.model, model)) return written >= split;
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
  return { ...to, sequencer: to.sequencer ?? from.sequencer };
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

/** @returns null for what a later Cleave has written, undefined for what none has */
function parseLatest(text: string | undefined): Latest | null | undefined {
  if (text === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    if (isOfLaterSchema((json as { schema?: unknown } | null)?.schema)) return null;
    return latestSchema.safeParse(json).data;
  } catch {
    return undefined;
  }
}

function isOfLaterSchema(schema: unknown): boolean {
  const id = String(schema);
  const isOurs = kindOf(id) === kindOf(latestSchemaId);
  return isOurs && schemaNumber(id) > schemaNumber(latestSchemaId);
}

function kindOf(id: string): string {
  return id.replace(/\d+$/, "");
}
