import * as z from "zod";
import { manifestSchemaId } from "./schema-id.ts";

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();
const crc32 = z
  .string()
  .regex(/^[0-9a-f]{8}$/)
  .describe("CRC-32 of the whole file, 8 hexadecimal digits");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const shape = z
  .array(count)
  .nullable()
  .describe("Dimensions; [] is a scalar, null HDF5's null dataspace");
const base64 = z.string().describe("Base64");

const source = z
  .strictObject({
    bucket: z.string().nullable().describe("S3 bucket; null for a local file"),
    key: z.string().describe("S3 key, or the name of a local file without its folder"),
    version: z.string().nullable().describe("S3 version id"),
    size: bytes,
    checksum: z
      .strictObject({ algorithm: z.string(), value: z.string() })
      .nullable()
      .describe("What the store states, or the SHA-256 where asked for"),
  })
  .describe("The file that was split");

/** Relative, with no way out of the folder. */
const path = z.string().regex(/^(?!\/)(?!(.*\/)?\.\.?(\/|$))[^\\\0]+$/);

const artifact = z.strictObject({
  file: path.describe("Path in the folder of the manifest"),
  size: bytes,
  crc32,
});

const attribute = z
  .strictObject({
    name: z.string(),
    datatype: z.strictObject({
      name: z.string().describe("As numpy spells it; string of variable length"),
      encoded: base64.describe("The HDF5 datatype message, Base64"),
    }),
    shape,
    value: z.union([
      z.strictObject({ strings: z.array(z.string()) }).describe("Strings of variable length"),
      z.strictObject({ bytes: base64 }).describe("Other values as stored"),
      z.strictObject({ base64Strings: z.array(base64) }).describe("Strings that are not UTF-8"),
      z
        .strictObject({ part: z.enum(["architecture", "training"]) })
        .describe("The text of that part"),
    ]),
  })
  .describe("An HDF5 attribute");

const tensor = z.strictObject({
  path: z.string().describe("HDF5 path in the artifact"),
  layer: z.string().nullable().describe("Path in architecture.layers; null where none claims it"),
  variable: z.string().nullable().describe("kernel, bias, …; null where not known"),
  dtype: z.string().describe("As numpy spells it; bfloat16 where the file says so"),
  shape,
  offset: bytes
    .nullable()
    .describe("Of the first byte in the artifact; null where there are no bytes"),
  length: bytes.describe("In bytes"),
  shard: path.optional().describe("The file that has it, where weights are in several"),
  sha256: sha256.optional().describe("Of the bytes, with --digest sha256"),
});

const stateTensor = tensor.omit({ layer: true, variable: true, shard: true });

const layer = z.strictObject({
  path: z.string().describe("Names from the outermost model down, joined by /"),
  name: z.string(),
  class: z.string(),
  depth: count,
  parameters: count,
  trainable: z.boolean(),
  outputShape: z.array(count.nullable()).nullable().describe("Where the configuration tells it"),
  checked: z.boolean().describe("Whether the class is known and its variables were compared"),
});

const edit = z.strictObject({
  at: count.describe("UTF-16 index in architecture.json"),
  removed: z.string().describe("What stood there in the model file"),
  added: z.string().describe("What stands there in architecture.json"),
});

export const findingSchema = z.strictObject({
  problem: z.enum(["missing", "extra", "shape", "dtype", "order"]),
  layer: z.string().nullable(),
  variable: z.string().nullable(),
  tensor: z.string().nullable(),
  message: z.string(),
});

const scanFinding = z.strictObject({
  id: z.string().describe("docs/findings.md explains it"),
  severity: z.enum(["info", "low", "medium", "high", "critical"]),
  message: z.string(),
  part: z.string().nullable().describe("Archive member, attribute or HDF5 path; null is the file"),
  pointer: z.string().nullable().describe("In a part that is JSON: a JSON pointer"),
  allowed: z.boolean().describe("Whether the policy allows it, so that it does not count"),
});

export const manifestSchema = z
  .strictObject({
    schema: z.literal(manifestSchemaId),
    source,
    model: z.strictObject({
      family: z.enum(["v3", "legacy"]).describe("v3: .keras and .weights.h5; legacy: .h5"),
      class: z.string(),
      name: z.string().nullable(),
      kerasVersion: z.string().nullable(),
      backend: z.string().nullable(),
    }),
    architecture: artifact.extend({
      edits: z.array(edit).describe("Undone, they give the text of the model file"),
      layers: z.array(layer),
    }),
    weights: artifact.extend({
      shards: z
        .array(artifact)
        .optional()
        .describe("With --max-shard-size: the files that the index, which is `file`, names"),
      tensors: z.array(tensor),
    }),
    training: z
      .strictObject({
        config: z
          .string()
          .nullable()
          .describe("compile_config or training_config, JSON text verbatim"),
        state: artifact.extend({ tensors: z.array(stateTensor) }).nullable(),
      })
      .nullable(),
    assets: z.array(artifact),
    container: z
      .strictObject({
        rootAttributes: z.array(attribute),
        metadata: z.string().nullable().describe("metadata.json, verbatim"),
        otherObjects: artifact
          .nullable()
          .describe("HDF5 objects of the root that Keras does not know"),
        otherMembers: z.array(artifact).describe("Archive members that Keras does not know"),
      })
      .describe(
        "What the model file holds beside architecture, weights, training state and assets",
      ),
    totals: z.strictObject({
      layers: count,
      tensors: count,
      parameters: count,
      trainableParameters: count,
      weightBytes: bytes,
      trainingBytes: bytes,
      assetBytes: bytes,
    }),
    findings: z.array(findingSchema).describe("Where architecture and weights did not agree"),
    scan: z
      .strictObject({
        verdict: z.enum(["clean", "notice", "suspicious", "dangerous", "unreadable"]),
        findings: z.array(scanFinding),
      })
      .describe("What cleave scan said of the model when it was split"),
    options: z.strictObject({ training: z.boolean(), digest: z.literal("sha256").nullable() }),
  })
  .describe("What a Keras model was split into, and how to put it together again");

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestArtifact = z.infer<typeof artifact>;
export type ManifestTensor = z.infer<typeof tensor>;
export type ManifestAttribute = z.infer<typeof attribute>;
export type ManifestSource = z.infer<typeof source>;
export type Finding = z.infer<typeof findingSchema>;

/** The document as a manifest, or what is wrong with it, a line for each field. */
export function checkManifest(
  document: unknown,
): { readonly manifest: Manifest } | { readonly problems: string } {
  const { success, data, error } = manifestSchema.safeParse(document);
  return success ? { manifest: data } : { problems: z.prettifyError(error) };
}
