import { CleaveError } from "../shared/errors.ts";
import { artifacts } from "../shared/manifest/artifacts.ts";
import { manifestFile } from "../shared/manifest/names.ts";
import { readManifest } from "../shared/manifest/read.ts";
import { splitModel } from "../shared/pipeline/split-model.ts";
import { split as splitTo } from "../shared/split.ts";
import { below } from "../shared/stores/location.ts";
import { parseAddress } from "../shared/stores/s3/address.ts";
import { chain } from "./chain.ts";
import { measure } from "./measure.ts";
import { splitEventSchema } from "./on-demand-events.ts";
import { surroundings } from "./surroundings.ts";

/** Splits a model when asked to; the answer says where its artifacts are. */
export const handler = chain(splitEventSchema, async (event, context) => {
  const started = performance.now();
  const around = surroundings(context);
  const { model, out, training, digest = null, force } = event;
  if (out !== undefined) {
    const { manifest, existing, transfer, folder } = await splitTo(model, {
      out,
      training,
      digest,
      force,
      ...around,
    });
    const outcome = existing ? "unchanged" : "split";
    const { family, kerasVersion } = manifest.model;
    measure({ outcome, family, kerasVersion }, { started, transfer });
    return { outcome, model, ...answer(folder, manifest), transfer };
  }
  const { bucket, key, version } = parseAddress(model);
  const job = { bucket, key, version, training, digest, force };
  const done = await splitModel(job, around);
  measure(done, { started, transfer: done.transfer });
  if (done.error !== null) throw new CleaveError(done.error.code, done.error.message);
  const { folder, outcome, transfer } = done;
  const manifest = await readManifest(below(folder!, manifestFile));
  return { outcome, model: done.model, ...answer(folder!, manifest), transfer };
});

type Manifest = Awaited<ReturnType<typeof readManifest>>;

function answer(folder: string, manifest: Manifest): object {
  const { model, totals } = manifest;
  return {
    folder,
    manifest: below(folder, manifestFile),
    artifacts: artifacts(manifest).map(({ file, size, crc32 }) => {
      return { uri: below(folder, file), size, crc32 };
    }),
    about: { ...model, ...totals, findings: manifest.findings.length },
  };
}
