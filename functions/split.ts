import { CleaveError } from "../shared/errors.ts";
import { manifestFile } from "../shared/manifest/names.ts";
import { readManifest } from "../shared/manifest/read.ts";
import type { Manifest } from "../shared/manifest/schema.ts";
import { summarise, type ArtifactSummary, type SplitSummary } from "../shared/manifest/summary.ts";
import { checkTarget } from "../shared/pipeline/allowed-target.ts";
import { splitPrefix } from "../shared/pipeline/places.ts";
import { splitModel } from "../shared/pipeline/split-model.ts";
import { split as splitTo } from "../shared/split.ts";
import { below } from "../shared/stores/location.ts";
import { parseAddress } from "../shared/stores/s3/address.ts";
import { chain } from "./chain.ts";
import { measure } from "./measure.ts";
import { splitEventSchema } from "./on-demand-events.ts";
import { surroundings } from "./surroundings.ts";

type SplitAnswer = SplitSummary & {
  readonly folder: string;
  readonly manifest: string;
  readonly artifacts: readonly (ArtifactSummary & { readonly uri: string })[];
};

/** Splits a model when asked to; the answer says where its artifacts are. */
export const handler = chain(splitEventSchema, async (event, context) => {
  const started = performance.now();
  const around = surroundings(context);
  const { model, out, training, digest = null, force } = event;
  checkTarget(out, around.artifactsBucket, splitPrefix);
  if (out !== undefined) {
    const options = { out, training, digest, force, ...around };
    const { manifest, existing, transfer, folder } = await splitTo(model, options);
    const outcome = existing ? "unchanged" : "split";
    const { family, kerasVersion } = manifest.model;
    measure({ outcome, family, kerasVersion }, { started, transfer });
    return { outcome, source: model, ...answer(folder, manifest), transfer };
  }
  const { bucket, key, version } = parseAddress(model);
  const job = { bucket, key, version, training, digest, force };
  const done = await splitModel(job, around);
  measure(done, { started, transfer: done.transfer });
  if (done.error !== null) throw new CleaveError(done.error.code, done.error.message);
  const { folder, outcome, transfer } = done;
  const manifest = await readManifest(below(folder!, manifestFile));
  return { outcome, source: done.model, ...answer(folder!, manifest), transfer };
});

/** The summary of `cleave split`, with the artifacts' URIs. */
function answer(folder: string, manifest: Manifest): SplitAnswer {
  const { artifacts, ...summary } = summarise(manifest);
  return {
    ...summary,
    folder,
    manifest: below(folder, manifestFile),
    artifacts: artifacts.map((artifact) => ({ ...artifact, uri: below(folder, artifact.file) })),
  };
}
