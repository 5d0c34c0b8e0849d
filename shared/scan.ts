import type { ByteSource } from "./bytes/source.ts";
import { CleaveError, quote } from "./errors.ts";
import { decodeText } from "./hdf5/attributes.ts";
import { asString, member } from "./json/access.ts";
import { parseJson } from "./json/parse.ts";
import { identify, type FileKind } from "./keras/identify.ts";
import { checkLimit } from "./limits.ts";
import { allOrNone } from "./all-or-none.ts";
import { findModels } from "./scan/find-models.ts";
import { decide, defaultPolicy, type Action, type Policy } from "./scan/policy.ts";
import { verdicts, type Verdict } from "./scan/rules.ts";
import { openAny } from "./manifest/open-any.ts";
import { finding, type ScanFinding } from "./scan/finding.ts";
import { rescueTexts } from "./scan/rescue.ts";
import { refusalOf, scanModel, scanTexts, type ModelScan } from "./scan/scan-model.ts";
import { isS3, nameOf, type Location } from "./stores/location.ts";
import { OpenFiles, type StoreOptions } from "./stores/open-files.ts";

export interface ScanOptions extends StoreOptions {
  /** Compare tensors with the checksums that the file states, which reads all of them. */
  readonly checksums?: boolean;
  /** What is known to be harmless, and what becomes of a model. */
  readonly policy?: Policy | undefined;
}

/** What a scan says of a file, a folder that is one model, or an object. */
export interface Scan extends ModelScan {
  readonly path: Location;
  readonly kind: "model" | "weights" | "split" | "architecture" | null;
  /** In bytes. */
  readonly size: number;
  readonly verdict: Verdict;
  /** What becomes of it by the policy, or by the default one. */
  readonly action: Action;
}

/** What a scan says of everything below a folder or prefix, or of one model. */
export interface ScanReport {
  /** The worst of all. */
  readonly verdict: Verdict;
  readonly models: readonly Scan[];
  /** Files that are nothing of Keras's. */
  readonly passedOver: number;
}

/** Remote models whose requests overlap; local ones are read one after the other. */
const remoteAtOnce = 8;

/**
 * Scans a model, or every model below a folder or prefix.
 *
 * @throws CleaveError `NOT_FOUND`, `NOT_A_MODEL` where a folder has none, and as `scan`
 */
export async function scanAll(path: Location, options: ScanOptions = {}): Promise<ScanReport> {
  const files = new OpenFiles(options);
  const found = await findModels(path, files).finally(() => files.close());
  const atOnce = isS3(path) ? remoteAtOnce : 1;
  const models = await allOrNone(found.models, atOnce, (model) => scan(model, options));
  const worst = Math.max(...models.map(({ verdict }) => verdicts.indexOf(verdict)));
  return { verdict: verdicts[worst]!, models, passedOver: found.passedOver };
}

/**
 * Looks for everything in a model that is hostile, hidden or broken, and runs nothing of it. Only
 * metadata is read, and the first bytes of small members.
 *
 * @throws CleaveError `NOT_FOUND`, `ACCESS_DENIED`, `IO` and the like: what is wrong with the file is in
 *   the findings
 */
export async function scan(path: Location, options: ScanOptions = {}): Promise<Scan> {
  const files = new OpenFiles(options);
  try {
    const found = await scanOpened(path, files, options.checksums ?? false);
    return { path, ...found, ...decide(options.policy ?? defaultPolicy, found) };
  } finally {
    await files.close();
  }
}

type Found = Omit<Scan, "path" | "action" | "verdict">;

async function scanOpened(path: Location, files: OpenFiles, checksums: boolean): Promise<Found> {
  try {
    const { model, kind } = await openAny(path, files);
    const scanned = await scanModel(model, checksums);
    const findings = [...scanned.findings, ...extensionOf(nameOf(path), kind, scanned)];
    return { ...scanned, kind, size: files.size, findings };
  } catch (error) {
    const refusal = refusalOf(withoutFile(path, error));
    if (await files.isFolder(path)) return unreadable(files.size, [refusal]);
    return scanRefused(await files.open(path), refusal);
  }
}

/** An architecture without weights is worth a scan; so is one in a file that is refused. */
async function scanRefused(file: ByteSource, refusal: ScanFinding): Promise<Found> {
  const architecture = await scanArchitectureFile(file);
  if (architecture !== undefined) return architecture;
  const { findings } = scanTexts(await rescueTexts(file));
  const more = findings.filter(({ message }) => message !== refusal.message);
  return unreadable(file.size, [refusal, ...more]);
}

/** The report says which file it is. */
function withoutFile(path: Location, error: unknown): unknown {
  if (!(error instanceof CleaveError)) return error;
  const { code, rule, cause } = error;
  const start = `${quote(path)}: `;
  const message = error.message.startsWith(start)
    ? error.message.slice(start.length)
    : error.message;
  return new CleaveError(code, message, { cause, rule });
}

function unreadable(size: number, findings: readonly ScanFinding[]): Found {
  return {
    kind: null,
    size,
    findings,
    inspected: false,
    family: null,
    keras: null,
    summary: null,
    tensors: 0,
    unclaimedBytes: 0,
    tensorBytes: "unverified",
  };
}

/** The JSON of `to_json()`, or `architecture.json` of a split. */
async function scanArchitectureFile(file: ByteSource): Promise<Found | undefined> {
  if ((await identifyOrNot(file)) !== "json") return undefined;
  const part = nameOf(file.name);
  try {
    checkLimit("configBytes", file.size, quote(part));
    const text = decodeText(await file.read(0, file.size), quote(part));
    const root = parseJson(text, part);
    const isArchitecture = member(root, "class_name") ?? member(root, "config");
    if (isArchitecture === undefined) return undefined;
    const version = asString(member(root, "keras_version")) ?? null;
    const backend = asString(member(root, "backend")) ?? null;
    const { findings, inspected } = scanTexts([{ part, text, kerasVersion: version }]);
    const keras = { version, backend };
    return { ...unreadable(file.size, findings), kind: "architecture", inspected, keras };
  } catch (error) {
    return unreadable(file.size, [refusalOf(error)]);
  }
}

async function identifyOrNot(file: ByteSource): Promise<FileKind | undefined> {
  return identify(file).catch((error: unknown) => {
    if (error instanceof CleaveError && error.code === "NOT_A_MODEL") return undefined;
    throw error;
  });
}

/** Keras takes the reader by the extension (keras/src/saving/saving_api.py, load_model). */
function extensionOf(name: string, kind: Scan["kind"], { family }: ModelScan): ScanFinding[] {
  const stated = /\.keras$/i.test(name)
    ? "v3"
    : /(?<!\.weights)\.(?:h5|hdf5)$/i.test(name)
      ? "legacy"
      : null;
  if (kind !== "model" || stated === null || stated === family) return [];
  const [is, as] =
    family === "v3" ? ["a .keras archive (ZIP)", ".keras"] : ["a legacy .h5 file (HDF5)", ".h5"];
  return [
    finding(
      "KB720",
      { part: null },
      `The file is ${is} by its content, and not by its name: rename it to end in ${as}.`,
    ),
  ];
}
