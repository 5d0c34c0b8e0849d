import type { CleaveError, ErrorCode } from "../errors.ts";
import { finding, type ScanFinding } from "./finding.ts";
import type { RuleId } from "./rules.ts";

/** Of a refusal that names no rule of its own. */
const ruleOfCode: Partial<Readonly<Record<ErrorCode, RuleId>>> = {
  NOT_A_MODEL: "KB702",
  UNSUPPORTED: "KH563",
  HDF5_INVALID: "KB706",
  ZIP_INVALID: "KZ619",
  JSON_INVALID: "KJ310",
  MODEL_INVALID: "KB711",
  LIMIT_EXCEEDED: "KL401",
  MISMATCH: "KB706",
};

/**
 * What a reader's refusal says of the file.
 *
 * @returns undefined where it is not the file's fault
 */
export function findingOfRefusal(error: CleaveError): ScanFinding | undefined {
  const id = error.rule ?? ruleOfCode[error.code];
  return id && finding(id, { part: null }, error.message);
}
