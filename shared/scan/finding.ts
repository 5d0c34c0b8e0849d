import { quote } from "../errors.ts";
import { rules, severities, type Rule, type RuleId, type Severity, type Verdict } from "./rules.ts";

/** One thing a scan found. All text in it is safe to show: what is from the file is escaped. */
export interface ScanFinding {
  readonly id: RuleId;
  readonly severity: Severity;
  readonly title: string;
  /** What and where, in a sentence. */
  readonly message: string;
  readonly where: Place;
  /** What stands there, 200 characters at most; null where there is nothing to show. */
  readonly evidence: string | null;
  /** The module or package it is about, and the SHA-256 of the code or member, as a policy names them. */
  readonly module: string | null;
  readonly digest: string | null;
  /** Advisories and Keras versions; null where the rule names none. */
  readonly affected: string | null;
  readonly fix: string;
  /** Whether a policy allows it, so that it does not count. */
  readonly allowed: boolean;
}

/** Where in a file. */
export interface Place {
  /** A member of an archive, an attribute or object of HDF5; null is the file itself. */
  readonly part: string | null;
  /** RFC 6901, in a part that is JSON. */
  readonly pointer?: string;
  /** In the file or, where the part is a member, in that; the end is the first byte behind. */
  readonly bytes?: readonly [start: number, end: number];
}

const longestEvidence = 200;

export type Details = Partial<Pick<ScanFinding, "evidence" | "module" | "digest">>;

/** @param message one sentence, with what is from the file escaped */
export function finding(
  id: RuleId,
  where: Place,
  message: string,
  { evidence = null, module = null, digest = null }: Details = {},
): ScanFinding {
  const { severity, title, fix, affected }: Rule = rules[id];
  const shown =
    evidence === null ? null : quote(evidence, longestEvidence - 20).slice(0, longestEvidence);
  return {
    id,
    severity,
    title,
    message,
    where,
    evidence: shown,
    module: module === null ? null : quote(module).slice(1, -1),
    digest,
    affected: affected ?? null,
    fix,
    allowed: false,
  };
}

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least);
}

const weights: Readonly<Record<Severity, Verdict>> = {
  info: "notice",
  low: "notice",
  medium: "suspicious",
  high: "dangerous",
  critical: "dangerous",
};

/** @param isInspected whether all of the file was */
export function verdictOf(findings: readonly ScanFinding[], isInspected: boolean): Verdict {
  if (!isInspected) return "unreadable";
  const worst = severities.findLast((severity) =>
    findings.some((found) => found.severity === severity && !found.allowed),
  );
  return worst === undefined ? "clean" : weights[worst];
}
