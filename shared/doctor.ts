import { CleaveError } from "./errors.ts";
import { repairModel, type Repair } from "./doctor/repairs.ts";
import { countVariables, salvageModel, type VariableCounts } from "./doctor/salvage-model.ts";
import { scan, type Scan } from "./scan.ts";
import { nameOf, type Location } from "./stores/location.ts";
import { OpenFiles, type StoreOptions } from "./stores/open-files.ts";

/** What a file is, what is wrong with it, and what can be done about it. */
export interface Diagnosis extends Scan {
  /** Whether it is whole, and nothing in it differs from what it should be. */
  readonly sound: boolean;
  /** Tensors of a file that cannot be read as a whole; null of one that can, and where none is found. */
  readonly left: {
    readonly complete: number;
    /** At least as many, where `isPartial`. */
    readonly known: number;
    readonly isPartial: boolean;
    readonly hasArchitecture: boolean;
    /** Null where the architecture is lost, or describes no model. */
    readonly variables: VariableCounts | null;
  } | null;
  /** What `repair` would put right. */
  readonly repairs: readonly Repair[];
}

/**
 * Examines a model or a file that should be one: reads all of it, compares what it states of itself,
 * and looks for what is left where it is damaged. Nothing is written.
 *
 * @throws CleaveError `NOT_FOUND`, `ACCESS_DENIED`, `IO` and the like: what is wrong with the file is in
 *   the diagnosis
 */
export async function diagnose(path: Location, options: StoreOptions = {}): Promise<Diagnosis> {
  const scanned = await scan(path, { ...options, checksums: true });
  const isBroken = scanned.verdict === "unreadable" || scanned.findings.some(isDefect);
  const files = new OpenFiles(options);
  try {
    const repairs = (await files.isFolder(path)) ? [] : await repairsOf(path, files);
    const left = isBroken && scanned.kind === null ? await leftOf(path, files) : null;
    return { ...scanned, sound: !isBroken && repairs.length === 0, left, repairs };
  } finally {
    await files.close();
  }
}

/** Ids from KB701 on say that something is broken (docs/findings.md); others, that it is hostile or odd. */
function isDefect({ id, severity }: Scan["findings"][number]): boolean {
  return id.startsWith("KB") && severity !== "info";
}

async function repairsOf(path: Location, files: OpenFiles): Promise<readonly Repair[]> {
  try {
    return (await repairModel(await files.open(path), nameOf(path), files)).repairs;
  } catch (error) {
    if (error instanceof CleaveError && isAboutTheFile(error)) return [];
    throw error;
  }
}

async function leftOf(path: Location, files: OpenFiles): Promise<Diagnosis["left"]> {
  const { survey, architecture, match } = await salvageModel(path, files);
  if (survey === null && architecture === null) return null;
  const { complete = 0, datasets: known = 0, isPartial = true } = survey ?? {};
  if (complete === 0 && known === 0 && architecture === null) return null;
  const variables = match === null ? null : countVariables(match);
  return { complete, known, isPartial, hasArchitecture: architecture !== null, variables };
}

function isAboutTheFile({ code }: CleaveError): boolean {
  return !["IO", "NOT_FOUND", "ACCESS_DENIED", "STORE_UNAVAILABLE", "INTERRUPTED"].includes(code);
}
