import * as z from "zod/mini";
import packageJson from "../../package.json" with { type: "json" };
import { CleaveError, type ErrorCode } from "../errors.ts";
import type { S3Documents } from "../stores/s3/documents.ts";
import type { ModelVersion } from "./places.ts";

export const errorSchemaId = "urn:keras-cleave:error:1";

const failureSchema = z.object({
  schema: z.literal(errorSchemaId),
  code: z.string(),
  message: z.string(),
  cleave: z.string(),
});

/** Of the error codes, those that the same bytes will always give. */
const permanent: ReadonlySet<ErrorCode> = new Set([
  "NOT_A_MODEL",
  "UNSUPPORTED",
  "HDF5_INVALID",
  "ZIP_INVALID",
  "JSON_INVALID",
  "MODEL_INVALID",
  "LIMIT_EXCEEDED",
  "MISMATCH",
]);

export function isPermanent(error: unknown): error is CleaveError {
  return error instanceof CleaveError && permanent.has(error.code);
}

/**
 * That this Cleave has found a version that it cannot split. What another version of Cleave has
 * found does not count: this one may read more.
 */
export async function knownFailure(
  documents: S3Documents,
  location: string,
): Promise<{ readonly isStale: boolean; readonly error: CleaveError } | undefined> {
  const found = await documents.read(location);
  if (found === undefined) return undefined;
  const failure = parseFailure(found.text);
  const isStale = failure?.cleave !== packageJson.version;
  const error = new CleaveError((failure?.code ?? "INTERNAL") as ErrorCode, failure?.message ?? "");
  return { isStale, error };
}

/** Writes `error.json`: why a version of a model cannot be split, and what to do. */
export async function writeFailure(
  documents: S3Documents,
  location: string,
  error: CleaveError,
  { model, requestId }: { readonly model: ModelVersion; readonly requestId: string },
): Promise<void> {
  const { bucket, key, version, etag } = model;
  const failure = {
    schema: errorSchemaId,
    code: error.code,
    message: error.message,
    whatToDo: `Upload a whole model in its place. It is not tried again by Cleave ${packageJson.version}, unless split with "force".`,
    model: { bucket, key, version, etag },
    requestId,
    cleave: packageJson.version,
  };
  await documents.write(location, `${JSON.stringify(failure, null, 2)}\n`);
}

function parseFailure(text: string): z.infer<typeof failureSchema> | undefined {
  try {
    return failureSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
