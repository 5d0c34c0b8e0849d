import { CleaveError, type ErrorCode } from "../errors.ts";
import { manifestFile } from "../manifest/names.ts";
import { readManifest } from "../manifest/read.ts";
import type { Manifest } from "../manifest/schema.ts";
import { isToldOf } from "../scan/policy.ts";
import { QuarantinedError } from "../scan/quarantined-error.ts";
import { split } from "../split.ts";
import { OpenFiles } from "../stores/open-files.ts";
import { locationOf } from "../stores/s3/address.ts";
import { S3Documents } from "../stores/s3/documents.ts";
import type { S3Object } from "../stores/s3/object.ts";
import type { Transfer } from "../stores/transfer.ts";
import { inEventTerms } from "./event-terms.ts";
import { isPermanent, knownFailure, writeFailure } from "./failure.ts";
import {
  covers,
  latestSchemaId,
  moveLatest,
  readLatest,
  type Latest,
  type SplitVersion,
  type StandingLatest,
} from "./latest.ts";
import { addTransfers, nothingOf, type Outcome } from "./outcome.ts";
import { isOfOlderSchema } from "./older-schema.ts";
import { placeOf, type Place } from "./places.ts";
import { liftQuarantine, policyDigest, quarantine, quarantineOfRefused } from "./quarantine.ts";
import { isSkipped } from "./skipped.ts";
import type { Surroundings } from "./surroundings.ts";

export interface SplitJob {
  readonly bucket: string;
  readonly key: string;
  /** Null where none are kept; undefined for the current one. */
  readonly version?: string | null | undefined;
  /** Without quotes; as an event or a listing says. */
  readonly etag?: string | undefined;
  readonly sequencer?: string | null | undefined;
  /**
   * Keep optimizer state and training configuration; true unless said otherwise. Where this or
   * `digest` is said, a split that stands must be of the same.
   */
  readonly training?: boolean | undefined;
  readonly digest?: "sha256" | null | undefined;
  /** Replace what stands, and try again what has failed. */
  readonly force?: boolean | undefined;
}

/**
 * Splits one version of a model into its place in the artifacts bucket, tells of it, and moves
 * `latest.json` forward. Called again, at any time, by any number of callers, after a crash at any
 * point, it ends in the same: one complete set of artifacts.
 *
 * @throws CleaveError what may succeed when it is tried again: `STORE_UNAVAILABLE`, `ACCESS_DENIED`,
 *   `IO`; and `TARGET_EXISTS` where the split that stands was made with other options
 */
export async function splitModel(job: SplitJob, around: Surroundings): Promise<Outcome> {
  const documents = new S3Documents(around.s3, around.signal);
  const work = new SplitWork(job, around, documents);
  return work.run();
}

interface Found {
  readonly model: SplitVersion;
  /** Where it had to be read for it. */
  readonly standing?: StandingLatest | undefined;
}

class SplitWork {
  readonly #job: SplitJob;
  readonly #around: Surroundings;
  readonly #documents: S3Documents;
  #moved: Transfer | null = null;

  constructor(job: SplitJob, around: Surroundings, documents: S3Documents) {
    this.#job = job;
    this.#around = around;
    this.#documents = documents;
  }

  async run(): Promise<Outcome> {
    const { bucket, key, force = false, training, digest: tensors } = this.#job;
    const asksForOptions = training !== undefined || tensors !== undefined;
    const found = await this.#find();
    if (found === undefined) return this.#gone(`s3://${bucket}/${key}`);
    const { model, standing } = found;
    const place = placeOf(model);
    const manifest = await this.#manifest(place);
    const isOld = manifest !== undefined && isOfOlderSchema(manifest);
    if (!force && manifest !== undefined && !isOld && !asksForOptions) {
      return this.#standing(model, place, { split: manifest.modified, standing });
    }
    const digest = policyDigest(this.#around.policy);
    const failure = await knownFailure(this.#documents, this.#at(place.error), digest);
    const location = locationOfVersion(model);
    if (failure !== undefined && !failure.isStale && !force) {
      const { error } = failure;
      const outcome = error.code === "QUARANTINED" ? "quarantined" : "failed";
      return this.#outcome(outcome, { ...nothingOf(location), error: asError(error) });
    }
    return this.#split(model, place, { force: force || isOld, failed: failure?.error.code });
  }

  /** Which version it is about. */
  async #find(): Promise<Found | undefined> {
    const { bucket, key, version, etag, sequencer = null } = this.#job;
    if (version !== undefined && etag !== undefined) {
      return { model: { bucket, key, version, etag, sequencer } };
    }
    if (etag !== undefined) {
      // A listing has no version ids; the same content that was split last needs none.
      const { latest: at } = placeOf({ bucket, key, version: null, etag });
      const standing = await this.#latest({ latest: at });
      const last = standing?.latest?.model;
      if (last?.etag === etag) return { model: { ...last, sequencer }, standing };
    }
    const address = { bucket, key, version: version ?? undefined };
    const head = await this.#documents.head(locationOf(address)).catch(unlessGone);
    if (head === undefined) return undefined;
    const current = { version: head.version ?? null, etag: head.etag.replaceAll('"', "") };
    return { model: { bucket, key, ...current, sequencer } };
  }

  /** It is split; what a run that died then has left undone is done now. */
  async #standing(
    model: SplitVersion,
    place: Place,
    { split: when, standing: known }: { readonly split: Date } & Pick<Found, "standing">,
  ): Promise<Outcome> {
    const standing = known ?? (await this.#latest(place));
    let latest = standing?.latest;
    if (!covers(standing, model, when)) {
      const files = new OpenFiles(this.#around);
      const manifest = await readManifest(this.#at(`${place.folder}/${manifestFile}`), files);
      this.#moved = await files.transfer();
      latest = await this.#publish(model, place, manifest);
    }
    const isThis = latest?.folder === this.#at(place.folder);
    return this.#outcome("unchanged", {
      ...nothingOf(locationOfVersion(model)),
      folder: this.#at(place.folder),
      ...(isThis ? factsOf(latest!) : {}),
    });
  }

  async #split(
    model: SplitVersion,
    place: Place,
    { force, failed }: { readonly force: boolean; readonly failed: ErrorCode | undefined },
  ): Promise<Outcome> {
    const { training = true, digest = null } = this.#job;
    const location = locationOfVersion(model);
    const { s3, signal, policy } = this.#around;
    const out = this.#at(place.folder);
    const options = { out, training, digest, force, policy, s3, signal };
    const done = await split(location, options).catch((error: unknown) =>
      this.#refused(model, place, error),
    );
    if (!("manifest" in done)) return done;
    this.#moved = done.transfer;
    if (done.existing) {
      const { modified } = (await this.#manifest(place)) ?? { modified: new Date(0) };
      return this.#standing(model, place, { split: modified });
    }
    const latest = await this.#publish(model, place, done.manifest);
    if (failed === "QUARANTINED") {
      await liftQuarantine(this.#documents, location, this.#at(place.verdict));
    }
    if (failed !== undefined) await this.#documents.remove(this.#at(place.error));
    return this.#outcome("split", {
      ...nothingOf(location),
      folder: out,
      ...factsOf(latest),
    });
  }

  /** Tells of it before `latest.json` says so: that is how the next run knows it was told. */
  async #publish(model: SplitVersion, place: Place, manifest: Manifest): Promise<Latest> {
    const latest = this.#describe(model, place, manifest);
    await this.#around.announce("cleave.ModelSplit", { ...latest });
    const { verdict, findings } = manifest.scan;
    if (isToldOf(this.#around.policy, findings)) {
      const few = findings.filter(({ allowed }) => !allowed).slice(0, mostToldOf);
      await this.#around.announce("cleave.ModelFlagged", { ...latest, verdict, findings: few });
    }
    await moveLatest(this.#documents, this.#at(place.latest), latest);
    return latest;
  }

  #describe(model: SplitVersion, place: Place, manifest: Manifest): Latest {
    const { bucket, key, version, etag, sequencer } = model;
    const folder = this.#at(place.folder);
    const { architecture, weights, training, source } = manifest;
    return {
      schema: latestSchemaId,
      model: { bucket, key, version, etag, size: source.size },
      sequencer,
      family: manifest.model.family,
      kerasVersion: manifest.model.kerasVersion,
      folder,
      manifest: `${folder}/${manifestFile}`,
      architecture: `${folder}/${architecture.file}`,
      weights: `${folder}/${weights.file}`,
      weightsSize: weights.size,
      training: training?.state ? `${folder}/${training.state.file}` : null,
    };
  }

  /** @throws what was given, where it may succeed when it is tried again */
  async #refused(model: SplitVersion, place: Place, error: unknown): Promise<Outcome> {
    const location = locationOfVersion(model);
    if (!(error instanceof CleaveError)) throw error;
    const refusal = { ...nothingOf(location), error: asError(error) };
    if (await isSkipped(location, error, this.#around)) {
      return this.#outcome("skipped", refusal);
    }
    if (error.code === "NOT_FOUND" || error.code === "SOURCE_CHANGED") {
      // It may as well be the artifacts bucket that is absent.
      const head = await this.#documents.head(location).catch(unlessGone);
      if (head === undefined) return this.#gone(location);
      throw error;
    }
    if (error instanceof QuarantinedError) return this.#quarantine(model, place, error);
    if (!isPermanent(error)) throw error;
    const hostile = await quarantineOfRefused(location, this.#around);
    if (hostile !== undefined) return this.#quarantine(model, place, hostile);
    const { requestId } = this.#around;
    await writeFailure(this.#documents, this.#at(place.error), error, { model, requestId });
    return this.#outcome("failed", refusal);
  }

  /** The failure is written last: that is how the next run knows that all of it was done. */
  async #quarantine(
    model: SplitVersion,
    place: Place,
    refusal: QuarantinedError,
  ): Promise<Outcome> {
    const location = locationOfVersion(model);
    const verdictLocation = this.#at(place.verdict);
    const facts = { model, location, verdictLocation, refusal };
    await quarantine(facts, this.#documents, this.#around);
    const { requestId, policy } = this.#around;
    const failure = { model, requestId, policy: policyDigest(policy) };
    await writeFailure(this.#documents, this.#at(place.error), refusal, failure);
    return this.#outcome("quarantined", { ...nothingOf(location), error: asError(refusal) });
  }

  #gone(location: string): Outcome {
    const message = "The model was deleted or overwritten before it was split.";
    const error = { code: "NOT_FOUND", message } as const;
    return this.#outcome("gone", { ...nothingOf(location), error });
  }

  #outcome(outcome: Outcome["outcome"], facts: Omit<Outcome, "outcome" | "transfer">): Outcome {
    return { outcome, ...facts, transfer: addTransfers(this.#documents.transfer(), this.#moved) };
  }

  async #latest({ latest }: Pick<Place, "latest">): Promise<StandingLatest | undefined> {
    return readLatest(this.#documents, this.#at(latest));
  }

  async #manifest({ folder }: Place): Promise<S3Object | undefined> {
    return this.#documents.head(this.#at(`${folder}/${manifestFile}`));
  }

  #at(key: string): string {
    return `s3://${this.#around.artifactsBucket}/${key}`;
  }
}

/** An event has at most 256 KB; the manifest has all. */
const mostToldOf = 50;

function factsOf({ family, kerasVersion, model, weightsSize }: Latest): Partial<Outcome> {
  return { family, kerasVersion, bytes: { model: model.size, weights: weightsSize } };
}

function asError({ code, message }: CleaveError): Outcome["error"] {
  return { code, message: inEventTerms(message) };
}

/** The one version, whatever becomes of the key. */
function locationOfVersion({ bucket, key, version, etag }: SplitVersion): string {
  return version === null
    ? locationOf({ bucket, key, version: undefined, expectedEtag: etag })
    : locationOf({ bucket, key, version });
}

/** For `catch` of a HEAD: deleted or overwritten. */
function unlessGone(error: unknown): undefined {
  const codes: readonly string[] = ["NOT_FOUND", "SOURCE_CHANGED"];
  if (error instanceof CleaveError && codes.includes(error.code)) return undefined;
  throw error;
}
