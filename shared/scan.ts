import { wholeRange } from "./bytes/range-source.ts";
import { CleaveError, quote } from "./errors.ts";
import { decodeText } from "./hdf5/attributes.ts";
import { asString, member } from "./json/access.ts";
import { parseJson } from "./json/parse.ts";
import { identify } from "./keras/identify.ts";
import { checkLimit } from "./limits.ts";
import { openAny } from "./manifest/open-any.ts";
import { finding, verdictOf, type ScanFinding } from "./scan/finding.ts";
import { rescueTexts } from "./scan/rescue.ts";
import { refusalOf, scanModel, scanTexts, type ModelScan } from "./scan/scan-model.ts";
import { nameOf, type Location } from "./stores/location.ts";
import { OpenFiles, type StoreOptions } from "./stores/open-files.ts";

export interface ScanOptions extends StoreOptions {
  /** Compare tensors with the checksums that the file states, which reads all of them. */
  readonly checksums?: boolean;
}

/** What a scan says of a file, a folder that is one model, or an object. */
export interface Scan extends ModelScan {
  readonly name: string;
  readonly kind: "model" | "weights" | "split" | "architecture" | null;
  /** In bytes. */
  readonly size: number;
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
    return await scanOpened(path, files, options.checksums ?? false);
  } finally {
    await files.close();
  }
}

async function scanOpened(path: Location, files: OpenFiles, checksums: boolean): Promise<Scan> {
  const name = nameOf(path);
  const architecture = await scanArchitectureFile(path, files);
  if (architecture !== undefined) return architecture;
  try {
    const { model, kind } = await openAny(path, files);
    const scanned = await scanModel(model, checksums);
    const findings = [...scanned.findings, ...extensionOf(name, kind, scanned)];
    const verdict = verdictOf(findings, scanned.inspected);
    return { name, kind, size: files.size, ...scanned, findings, verdict };
  } catch (error) {
    const refusal = refusalOf(withoutFile(path, error));
    const texts = await rescue(path, files);
    const more = texts.filter(({ message }) => message !== refusal.message);
    return unreadable(name, files.size, [refusal, ...more]);
  }
}

/** What an architecture holds is worth knowing of a file that is refused, too. */
async function rescue(path: Location, files: OpenFiles): Promise<readonly ScanFinding[]> {
  if (await files.isFolder(path)) return [];
  const { findings } = scanTexts(await rescueTexts(await files.open(path)));
  return findings;
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

function unreadable(name: string, size: number, findings: readonly ScanFinding[]): Scan {
  return {
    name,
    kind: null,
    size,
    verdict: "unreadable",
    findings,
    inspected: false,
    family: null,
    keras: null,
    tensors: 0,
    unclaimedBytes: 0,
    tensorBytes: "unverified",
  };
}

/** The JSON of `to_json()`, or `architecture.json` of a split. */
async function scanArchitectureFile(path: Location, files: OpenFiles): Promise<Scan | undefined> {
  if (await files.isFolder(path)) return undefined;
  const source = await files.open(path);
  try {
    if ((await identify(source)) !== "json") return undefined;
    checkLimit("configBytes", source.size, quote(nameOf(path)));
    const { offset, length } = wholeRange(source);
    const text = decodeText(await source.read(offset, length), quote(nameOf(path)));
    const root = parseJson(text, nameOf(path));
    if (asString(member(root, "class_name")) === undefined && member(root, "config") === undefined)
      return undefined;
    const version = asString(member(root, "keras_version")) ?? null;
    const { findings, inspected } = scanTexts([
      { part: nameOf(path), text, kerasVersion: version },
    ]);
    return {
      ...unreadable(nameOf(path), source.size, findings),
      kind: "architecture",
      inspected,
      keras: { version, backend: asString(member(root, "backend")) ?? null },
      verdict: verdictOf(findings, inspected),
    };
  } catch (error) {
    if (error instanceof CleaveError && error.code === "JSON_INVALID") {
      return unreadable(nameOf(path), source.size, [refusalOf(error)]);
    }
    if (error instanceof CleaveError && ["NOT_A_MODEL", "HDF5_INVALID"].includes(error.code))
      return undefined;
    throw error;
  }
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
