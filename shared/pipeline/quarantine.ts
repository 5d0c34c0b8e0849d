import { createHash } from "node:crypto";
import packageJson from "../../package.json" with { type: "json" };
import { CleaveError } from "../errors.ts";
import type { Policy } from "../scan/policy.ts";
import { QuarantinedError } from "../scan/quarantined-error.ts";
import { scan } from "../scan.ts";
import type { S3Documents } from "../stores/s3/documents.ts";
import type { ModelVersion } from "./places.ts";
import type { Surroundings } from "./surroundings.ts";

export const verdictSchemaId = "urn:keras-cleave:verdict:1";
/** Of the model's version; its value is the verdict. A bucket's policy can go by it. */
export const quarantineTag = "cleave-quarantine";

/** What tells one policy from another, so that what one has decided does not count for the other. */
export function policyDigest(policy: Policy): string {
  return createHash("sha256").update(JSON.stringify(policy)).digest("hex");
}

/**
 * Looks at a model that readers refuse: whether it is broken, or hostile and to be kept away.
 *
 * @returns undefined where the policy has nothing against it
 */
export async function quarantineOfRefused(
  location: string,
  { s3, signal, policy }: Surroundings,
): Promise<QuarantinedError | undefined> {
  const scanned = await scan(location, { s3, signal, policy });
  return scanned.action === "quarantine" ? new QuarantinedError(scanned) : undefined;
}

export interface Quarantine {
  readonly model: ModelVersion;
  /** Of the model, and of `verdict.json`. */
  readonly location: string;
  readonly verdictLocation: string;
  readonly refusal: QuarantinedError;
}

/**
 * Marks a version of a model as kept away: `verdict.json` where its manifest would be, a tag of the
 * object, an event. Done again, it ends in the same.
 *
 * @throws CleaveError `ACCESS_DENIED`, `STORE_UNAVAILABLE`
 */
export async function quarantine(
  { model, location, verdictLocation, refusal }: Quarantine,
  documents: S3Documents,
  around: Surroundings,
): Promise<void> {
  const { policy, requestId } = around;
  const { bucket, key, version, etag } = model;
  const { verdict, findings } = refusal;
  const tagged = await tag(documents, location, verdict);
  const document = {
    schema: verdictSchemaId,
    verdict,
    action: "quarantine",
    findings,
    model: { bucket, key, version, etag },
    tagged,
    policy: policyDigest(policy),
    requestId,
    cleave: packageJson.version,
  };
  await documents.write(verdictLocation, `${JSON.stringify(document, null, 2)}\n`);
  await around.announce("cleave.ModelQuarantined", {
    model: document.model,
    verdict,
    findings: findings
      .filter(({ allowed }) => !allowed)
      .map(({ id, severity, message }) => ({ id, severity, message }))
      .slice(0, mostToldOf),
    verdictLocation,
  });
}

/** An event has at most 256 KB; `verdict.json` has all. */
const mostToldOf = 50;

/** An object has ten tags at most; one that has them is kept away without. */
async function tag(documents: S3Documents, location: string, verdict: string): Promise<boolean> {
  try {
    await documents.tag(location, quarantineTag, verdict);
    return true;
  } catch (error) {
    if (error instanceof CleaveError && error.code === "IO") return false;
    throw error;
  }
}

/** Takes the marks off again, of a model that the policy allows by now. */
export async function liftQuarantine(
  documents: S3Documents,
  location: string,
  verdictLocation: string,
): Promise<void> {
  await documents.tag(location, quarantineTag, null);
  await documents.remove(verdictLocation);
}
