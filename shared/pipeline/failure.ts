import * as z from "zod/mini";
import packageJson from "../../package.json" with { type: "json" };
import { CleaveError, type ErrorCode } from "../errors.ts";
import { changedLimits } from "../limits.ts";
import type { S3Documents } from "../stores/s3/documents.ts";
import { inEventTerms } from "./event-terms.ts";
import { verdictFile, type ModelVersion } from "./places.ts";

export const errorSchemaId = "urn:keras-cleave:error:1";

const failureSchema = z.object({
  schema: z.literal(errorSchemaId),
  code: z.string(),
  message: z.string(),
  cleave: z.string(),
  /** Of a model that is kept away: by which policy. */
  policy: z.optional(z.string()),
  /** The caps that were other than usual. */
  limits: z.optional(z.string()),
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
 * found does not count: this one may read more. Nor does what another policy has kept away, or what
 * was found where caps were others.
 */
export async function knownFailure(
  documents: S3Documents,
  location: string,
  policy: string,
): Promise<{ readonly isStale: boolean; readonly error: CleaveError } | undefined> {
  const found = await documents.read(location);
  if (found === undefined) return undefined;
  const failure = parseFailure(found.text);
  const isStale =
    failure?.cleave !== packageJson.version ||
    (failure.policy ?? policy) !== policy ||
    (failure.limits ?? changedLimits()) !== changedLimits();
  const error = new CleaveError((failure?.code ?? "INTERNAL") as ErrorCode, failure?.message ?? "");
  return { isStale, error };
}

export interface FailureFacts {
  readonly model: ModelVersion;
  readonly requestId: string;
  /** Digest of the policy, of a model that it keeps away. */
  readonly policy?: string;
}

/** Writes `error.json`: why a version of a model cannot be split, and what to do. */
export async function writeFailure(
  documents: S3Documents,
  location: string,
  error: CleaveError,
  { model, requestId, policy }: FailureFacts,
): Promise<void> {
  const { bucket, key, version, etag } = model;
  const failure = {
    schema: errorSchemaId,
    code: error.code,
    message: inEventTerms(error.message),
    whatToDo:
      policy === undefined
        ? `Upload a whole model in its place. It is not tried again by Cleave ${packageJson.version} with these limits, unless split with "force".`
        : `Read the findings in ${verdictFile}. It is tried again when the policy allows them.`,
    model: { bucket, key, version, etag },
    requestId,
    cleave: packageJson.version,
    ...(policy === undefined ? {} : { policy }),
    limits: changedLimits(),
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
