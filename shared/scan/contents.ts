import { inflateRawSync, inflateSync } from "node:zlib";
import { rangeSource } from "../bytes/range-source.ts";
import type { ByteRange } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { inflateStart } from "../keras/foreign/compressed.ts";
import { openHead, type Opened } from "../keras/foreign/foreign.ts";
import { isCallingPickle } from "../keras/foreign/pickle-opcodes.ts";
import { oldPickle } from "../keras/foreign/pickle.ts";
import type { RuleId } from "./rules.ts";

/** What bytes are that are no part of a model. */
export interface Content {
  readonly id: RuleId;
  /** Goes on after "it is" or "is". */
  readonly is: string;
}

const programs: readonly (readonly [RegExp, string])[] = [
  [/^\x7fELF/, "a program of Linux (ELF)"],
  [/^MZ[\s\S]{58}[\s\S]{4}/, "a program of Windows (PE)"],
  [
    /^(?:\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe)/,
    "a program of macOS or Java",
  ],
  [/^#!/, "a script"],
  [/^\x89HDF\r\n\x1a\n/, "an HDF5 file"],
  [/^PK\x03\x04/, "a ZIP archive"],
  [/^\x1f\x8b\x08/, "a gzip archive"],
  [/^7z\xbc\xaf\x27\x1c/, "a 7z archive"],
  [/^Rar!\x1a\x07/, "a RAR archive"],
  [/^\xfd7zXZ\0/, "an xz archive"],
  [/^(?:<\?php|<script[\s>])/i, "a script"],
];

const codeNames =
  /\.(?:pyc?|pyd|pyw|so(?:\.\d+)*|dll|dylib|exe|com|msi|bat|cmd|ps1|sh|bash|js|mjs|vbs|jar|class|php|pl|rb|lnk|scr|wasm)$/i;
const pickleNames = /\.(?:pkl|pickle|joblib|dill|pt|pth)$/i;
const mostInflated = 1024 * 1024;
/** Of an archive in an archive; it is told of in any case. */
const mostArrays = 100;

/** How many more archives are looked into; of others, it is said that they are archives. */
export interface ContentBudget {
  archives: number;
}

/**
 * By its content, and by its name where that says more.
 *
 * @param name of the member; null of bytes without one
 * @param budget of the members that are looked at together
 * @returns undefined where it is nothing that stands out
 */
export async function recogniseContent(
  range: ByteRange,
  name: string | null,
  budget: ContentBudget = { archives: 1 },
): Promise<Content | undefined> {
  if (range.length === 0) return undefined;
  const file = await openHead(rangeSource(range));
  if (await isPickle(file)) return { id: "KS115", is: "a Python pickle, which can run any code" };
  if (isObjectArray(file.text)) {
    return { id: "KS115", is: "a numpy array of objects, which is a Python pickle" };
  }
  const isArchive = file.text.startsWith("PK\x03\x04");
  if (isArchive && budget.archives > 0 && (await holdsObjects(range))) {
    return { id: "KS115", is: "an archive with a Python pickle in it" };
  }
  if (name !== null && pickleNames.test(name)) {
    return { id: "KS115", is: "a Python pickle by its name" };
  }
  if (isArchive) budget.archives -= 1;
  const program = programs.find(([pattern]) => pattern.test(file.text))?.[1];
  if (program !== undefined) return { id: "KZ617", is: program };
  if (name !== null && codeNames.test(name)) return { id: "KZ617", is: "code by its name" };
  return undefined;
}

/** Protocols 2 to 5 start with their number and then a frame or an object (Lib/pickletools.py). */
async function isPickle(file: Opened): Promise<boolean> {
  const { text, source } = file;
  return (
    /^\x80[\x02-\x05][\x95(cq}\]K\x8cXU)NGJM\x88\x89B\x8e\x8aCVI\x8f\x94]/.test(text) ||
    isCallingPickle(text, source.size === text.length) ||
    isCompressedPickle(file) ||
    (await oldPickle(file)) !== undefined
  );
}

/** As joblib compresses: a stream of zlib. */
function isCompressedPickle({ head }: Opened): boolean {
  if (head.length < 2 || head[0] !== 0x78 || head.readUInt16BE(0) % 31 !== 0) return false;
  const text = inflateStart(inflateSync, head, mostInflated).toString("latin1");
  return /^\x80[\x02-\x05]/.test(text) || isCallingPickle(text, false);
}

/** numpy/lib/format.py: the header is a Python dictionary behind the version. */
function isObjectArray(text: string): boolean {
  const head = text.slice(0, 2048);
  if (!head.startsWith("\x93NUMPY")) return false;
  const [, type] = /['"]descr['"]\s*:\s*(\[[^\]]*\]|['"][^'"]*['"])/.exec(head) ?? [];
  // A header that is none is not what numpy writes.
  return type === undefined || /^['"][<>=|]?O|['"][<>=|]?O\d*['"]/.test(type);
}

async function holdsObjects(range: ByteRange): Promise<boolean> {
  const { readZip } = await import("../zip/read.ts");
  try {
    let arrays = 0;
    for (const [name, { stored, deflated }] of await readZip(rangeSource(range))) {
      if (pickleNames.test(name)) return true;
      if (!name.endsWith(".npy") || (arrays += 1) > mostArrays) continue;
      const head = await stored.source.read(stored.offset, Math.min(stored.length, 4096));
      const start = deflated ? inflateStart(inflateRawSync, head, mostInflated) : Buffer.from(head);
      if (isObjectArray(start.toString("latin1"))) return true;
    }
    return false;
  } catch (error) {
    // An archive that cannot be read is one in any case.
    if (error instanceof CleaveError && error.code !== "IO") return false;
    throw error;
  }
}

/** "The member "x" is …" */
export function nameMember(name: string): string {
  return `The member ${quote(name)}`;
}
