import type { CatTensor } from "../shared/cat.ts";
import type { Diagnosis } from "../shared/doctor.ts";
import type { CleaveError, ErrorCode } from "../shared/errors.ts";
import type { Inspection } from "../shared/inspect.ts";
import { MismatchError, type RecombineResult } from "../shared/recombine.ts";
import type { Whereabouts } from "../shared/pipeline/where.ts";
import type { RepairResult } from "../shared/repair.ts";
import type { Salvage } from "../shared/salvage.ts";
import type { ScanReport } from "../shared/scan.ts";
import { QuarantinedError } from "../shared/scan/quarantined-error.ts";
import type { SplitResult } from "../shared/split.ts";
import type { Verification } from "../shared/verify.ts";

/**
 * What a verb prints with `--json`: one document, its shape stable within a major version.
 * `command` says which.
 */
export type JsonReport =
  | ({ readonly command: "split" } & SplitResult)
  | ({ readonly command: "recombine" } & RecombineResult)
  | ({ readonly command: "inspect" } & Omit<Inspection, "tensors"> &
      Partial<Pick<Inspection, "tensors">>)
  | { readonly command: "cat"; readonly tensors: readonly CatTensor[] }
  | ({ readonly command: "verify" } & Verification)
  | ({ readonly command: "scan" } & ScanReport)
  | ({ readonly command: "doctor" } & (
      | Diagnosis
      | RepairResult
      | (Salvage & { readonly folder: string })
    ))
  | { readonly command: "invoke"; readonly function: string; readonly answer: unknown }
  | ({ readonly command: "where" } & Whereabouts)
  | ErrorReport;

/** In place of an answer when a verb fails, with exit code 1 or 2. */
export interface ErrorReport {
  readonly command: string;
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    /** With `MISMATCH`: every variable, and what does not fit. */
    readonly findings?: MismatchError["findings"];
    readonly match?: MismatchError["match"];
    /** With `QUARANTINED`: what the policy keeps the model away for. */
    readonly scan?: Pick<QuarantinedError, "verdict" | "findings">;
  };
}

export function printJson(report: JsonReport): void {
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

export function reportError(command: string, error: CleaveError): string {
  const { code, message } = error;
  const details =
    error instanceof MismatchError
      ? { findings: error.findings, match: error.match }
      : error instanceof QuarantinedError
        ? { scan: { verdict: error.verdict, findings: error.findings } }
        : {};
  const report: ErrorReport = { command, error: { code, message, ...details } };
  return `${JSON.stringify(report, null, 2)}\n`;
}
