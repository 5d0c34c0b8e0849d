import * as z from "./zod.ts";
import { isS3 } from "../shared/stores/location.ts";

const location = z.string().check(z.refine(isS3, { error: "must be an S3 URI: s3://bucket/key" }));

/** What the function `split` is invoked with. */
export const splitEventSchema = z.strictObject({
  model: location,
  /** A folder; the model's own place unless said. */
  out: z.optional(location),
  training: z._default(z.boolean(), true),
  digest: z.optional(z.nullable(z.literal("sha256"))),
  force: z._default(z.boolean(), false),
});

/** What the function `recombine` is invoked with: a folder of a split, or parts. */
export const recombineEventSchema = z
  .strictObject({
    folder: z.optional(location),
    architecture: z.optional(location),
    weights: z.optional(location),
    training: z.optional(location),
    assets: z.optional(location),
    out: z.optional(location),
    force: z._default(z.boolean(), false),
    dryRun: z._default(z.boolean(), false),
    byName: z.optional(z.boolean()),
    /** Rules as a file has them: `{"layers": [{"from": …, "to": …}]}`. */
    map: z.optional(z.record(z.string(), z.unknown())),
    skipMismatch: z.optional(z.boolean()),
    allowMissing: z.optional(z.array(z.string())),
    initMissing: z.optional(z.enum(["zeros", "glorot"])),
    seed: z.optional(z.int()),
  })
  .check(
    z.refine(({ folder, weights }) => (folder === undefined) !== (weights === undefined), {
      error: "give either `folder`, or `architecture` and `weights`",
      path: ["folder"],
    }),
    z.refine(({ folder, architecture }) => folder !== undefined || architecture !== undefined, {
      error: "is needed with `weights`",
      path: ["architecture"],
    }),
    z.refine(
      ({ folder, training, assets }) =>
        folder === undefined || (training === undefined && assets === undefined),
      { error: "`training` and `assets` are those of the folder", path: ["folder"] },
    ),
  );

export const inspectEventSchema = z.strictObject({ model: location });

export type RecombineEvent = z.output<typeof recombineEventSchema>;
