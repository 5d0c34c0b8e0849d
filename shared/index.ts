/** The library: the verbs, their results, and what they read and write. */
export { cat, type CatOptions, type CatTensor } from "./cat.ts";
export { CleaveError, type ErrorCode } from "./errors.ts";
export { setLimits } from "./limits.ts";
export { diagnose, type Diagnosis } from "./doctor.ts";
export type { Repair } from "./doctor/repairs.ts";
export { repair, type RepairOptions, type RepairResult } from "./repair.ts";
export {
  salvage,
  type MissingVariable,
  type Salvage,
  type SalvagedTensor,
  type SalvageOptions,
} from "./salvage.ts";
export { inspect, type InspectedTensor, type Inspection, type Share } from "./inspect.ts";
export type {
  LayerMatch,
  MatchCounts,
  VariableMatch,
  WeightsMatch,
} from "./keras/layers/report.ts";
export type { Family, KerasVersion } from "./keras/model.ts";
export { manifestSchema, type Finding, type Manifest } from "./manifest/schema.ts";
export { manifestSchemaId } from "./manifest/schema-id.ts";
export { readManifest } from "./manifest/read.ts";
export type { S3ClientLike, S3Options } from "./stores/s3-options.ts";
export type { StoreOptions } from "./stores/open-files.ts";
export type { Transfer } from "./stores/transfer.ts";
export type { OnProgress } from "./progress.ts";
export {
  MismatchError,
  recombine,
  type RecombineOptions,
  type RecombineResult,
} from "./recombine.ts";
export type { PartFiles, RecombineInput, SplitFolder } from "./recombine/gather.ts";
export { parseRenameRules, type RenameRules } from "./keras/variation/rename-rules.ts";
export type { VariedTensor } from "./keras/variation/varied-tensor.ts";
export type { Variation } from "./keras/variation/vary.ts";
export { scan, scanAll, type Scan, type ScanOptions, type ScanReport } from "./scan.ts";
export type { ScanFinding } from "./scan/finding.ts";
export { QuarantinedError } from "./scan/quarantined-error.ts";
export { parsePolicy, type Action, type Policy } from "./scan/policy.ts";
export { rules, type Rule, type RuleId, type Severity, type Verdict } from "./scan/rules.ts";
export { split, type SplitOptions, type SplitResult } from "./split.ts";
export type { Statistics } from "./tensors/statistics.ts";
export { verify, type Verification, type VerifyOptions } from "./verify.ts";
export type { Check, CheckName } from "./verify/check.ts";
