import { CleaveError } from "../errors.ts";
import type { ScanFinding } from "./finding.ts";
import type { Verdict } from "./rules.ts";
import type { Decision } from "./policy.ts";

/** A policy keeps a model away; the findings say why. */
export class QuarantinedError extends CleaveError {
  readonly verdict: Verdict;
  readonly findings: readonly ScanFinding[];

  constructor({ verdict, findings }: Decision) {
    const counted = findings.filter(({ allowed }) => !allowed);
    const [first] = counted;
    const more = counted.length > 1 ? ` (and ${counted.length - 1} more)` : "";
    super(
      "QUARANTINED",
      `The policy keeps this model away: it is ${verdict}. ${first?.id}: ${first?.message}${more} Read the findings (cleave scan); where they are known to be harmless, allow them by module or digest in the policy.`,
    );
    this.verdict = verdict;
    this.findings = findings;
  }
}

/** @throws QuarantinedError where that is what becomes of the model */
export function refuseQuarantined(decision: Decision): void {
  if (decision.action === "quarantine") throw new QuarantinedError(decision);
}
