import { rangeSource } from "../bytes/range-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";
import { limitOf } from "../limits.ts";
import { Hdf5File } from "./file.ts";
import { GlobalHeap } from "./global-heap.ts";
import type { Hdf5Attribute, Hdf5Dataset } from "./model.ts";
import { messageType, survivingMessages, type Message } from "./object-header.ts";
import type { PackedDataset } from "./packed.ts";
import { readAttributes } from "./read-attributes.ts";
import { readDataset, type FileParts } from "./read-dataset.ts";
import { readSuperblock, signature, superblockFields, type Superblock } from "./superblock.ts";
import {
  ifThere,
  readEntry,
  survivingEntries,
  survivingLinks,
  type SurvivingLink,
  type SurvivingLinks,
} from "./surviving-links.ts";

/** What is left of an HDF5 file that was cut or damaged. */
export interface Survivors {
  /** In bytes, as the superblock has it. */
  readonly stated: number;
  readonly found: number;
  /** Null where nothing can be found. */
  readonly root: SurvivingGroup | null;
}

/** An object that a link leads to; its name is null where the names of its group are lost. */
export type Survivor = SurvivingGroup | SurvivingDataset | LostObject;

export interface SurvivingGroup {
  readonly kind: "group";
  readonly name: string | null;
  readonly address: number;
  /** Those that can be read. */
  readonly attributes: readonly Hdf5Attribute[];
  /** In the order of their names, where these are in a symbol table. */
  readonly members: readonly Survivor[];
  /** Whether no link is missing among the members. */
  readonly isWhole: boolean;
}

export interface SurvivingDataset {
  readonly kind: "dataset";
  readonly name: string | null;
  readonly address: number;
  /** All of it, or null where something of it is not there. */
  readonly whole: { readonly node: Hdf5Dataset; readonly packed: PackedDataset | null } | null;
}

/** Nothing is left of it but the link, which does not say what it is. */
export interface LostObject {
  readonly kind: "lost";
  readonly name: string | null;
  readonly address: number;
}

/**
 * Finds what can be read of a file, whatever else is not there: objects are read as always, and one
 * that cannot be read is passed over.
 */
export async function findSurvivors(range: ByteRange): Promise<Survivors> {
  const found = range.length;
  const stated = (await statedEnd(range)) ?? found;
  const root = await new Walk(openCut(range, stated), found).root();
  return { stated, found, root };
}

/** A file with its length as the superblock has it, of which a part may be missing. */
export function openCut(range: ByteRange, stated: number): Hdf5File {
  const size = Math.max(range.length, stated);
  const whole = { source: asLongAs(size, range), offset: 0, length: size };
  return new CutFile(whole, range.length);
}

/** @returns undefined where there is no superblock that says it */
export async function statedEnd(range: ByteRange): Promise<number | undefined> {
  const head = Buffer.from(await rangeSource(range).read(0, Math.min(52, range.length)));
  const fields = superblockFields[head[signature.length] ?? -1];
  if (fields === undefined || head.length < fields.endOfFile + 8) return undefined;
  if (head[fields.offsetSize] !== 8) return undefined;
  const end = head.readBigUInt64LE(fields.endOfFile);
  return end > Number.MAX_SAFE_INTEGER ? undefined : Number(end);
}

/** Reads behind the cut give fewer bytes, or none. */
function asLongAs(size: number, range: ByteRange): ByteSource {
  const there = rangeSource(range);
  return {
    name: there.name,
    size,
    read: async (offset, length, into) => {
      const left = Math.max(0, Math.min(length, there.size - offset));
      return left === 0 ? new Uint8Array() : there.read(offset, left, into);
    },
  };
}

/**
 * A file that ends before its end. Structures may share bytes here; that no byte is read twice
 * bounds the work.
 */
class CutFile extends Hdf5File {
  readonly #cut: number;
  #claimed = 0;

  constructor(range: ByteRange, cut: number) {
    super(range);
    this.#cut = cut;
  }

  override claim(offset: number, length: number, what: string): void {
    this.#claimed += Math.max(0, Math.min(offset + length, this.#cut) - offset);
    if (this.#claimed > this.#cut || offset + length > this.size) {
      throw new CleaveError("HDF5_INVALID", `${what}: structures share bytes.`);
    }
  }

  override values(offset: number, length: number, what: string): ByteRange {
    if (offset + length > this.#cut) throw new CleaveError("HDF5_INVALID", `${what}: cut.`);
    return super.values(offset, length, what);
  }
}

class Walk {
  readonly #file: Hdf5File;
  readonly #cut: number;
  readonly #seen = new Set<number>();

  constructor(file: Hdf5File, cut: number) {
    this.#file = file;
    this.#cut = cut;
  }

  async root(): Promise<SurvivingGroup | null> {
    const superblock = await ifThere(readSuperblock(this.#file));
    if (superblock === undefined) return null;
    const parts: FileParts = { file: this.#file, superblock, heap: new GlobalHeap(this.#file) };
    const root = await this.#visit(parts, await rootLink(this.#file, superblock), 0);
    return root.kind === "group" ? root : null;
  }

  async #visit(
    parts: FileParts,
    { name, address, target }: SurvivingLink,
    depth: number,
  ): Promise<Survivor> {
    const lost: LostObject = { kind: "lost", name, address };
    const isTooMuch = this.#seen.size === limitOf("hdf5Objects") || depth > limitOf("hdf5Depth");
    if (this.#seen.has(address) || isTooMuch) return lost;
    this.#seen.add(address);
    const header = await ifThere(survivingMessages(this.#file, address, "object"));
    if (header?.messages.some(({ type }) => type === messageType.layout)) {
      const whole = header.isWhole ? await this.#whole(parts, header.messages) : null;
      return { kind: "dataset", name, address, whole };
    }
    if (header === undefined && target === "dataset") {
      return { kind: "dataset", name, address, whole: null };
    }
    if (header === undefined && target === null) return lost;
    // The link to a group tells its tables as well.
    const tables = target === "dataset" ? null : target;
    const links =
      header === undefined
        ? await survivingEntries(this.#file, parts.superblock, tables!)
        : await survivingLinks(this.#file, parts.superblock, header.messages);
    const attributes = await survivingAttributes(parts, header?.messages ?? []);
    const members = await this.#members(parts, links, depth);
    const isWhole = !links.isPartial && (header?.isWhole ?? true);
    return { kind: "group", name, address, attributes, members, isWhole };
  }

  async #members(parts: FileParts, { links }: SurvivingLinks, depth: number): Promise<Survivor[]> {
    const members: Survivor[] = [];
    for (const link of links) members.push(await this.#visit(parts, link, depth + 1));
    return members;
  }

  /** A dataset all of whose values are there; null otherwise. */
  async #whole(parts: FileParts, messages: readonly Message[]): Promise<SurvivingDataset["whole"]> {
    const attributes = await survivingAttributes(parts, messages);
    const read = await ifThere(readDataset(parts, messages, attributes, "", "dataset"));
    if (read === undefined) return null;
    const { addresses, sizes } = read.packed?.chunks ?? {};
    const isThere =
      addresses?.every((address, index) => address + sizes![index]! <= this.#cut) ?? true;
    return isThere ? read : null;
  }
}

async function survivingAttributes(
  parts: FileParts,
  messages: readonly Message[],
): Promise<Hdf5Attribute[]> {
  const attributes = new Map<string, Hdf5Attribute>();
  for (const message of messages) {
    const read = await ifThere(readAttributes(parts, [message], "object"));
    for (const attribute of read ?? []) attributes.set(attribute.name, attribute);
  }
  return [...attributes.values()];
}

/** Superblocks 0 and 1 end in an entry of a symbol table (format specification, II.A). */
async function rootLink(file: Hdf5File, { rootAddress }: Superblock): Promise<SurvivingLink> {
  const head = await file.peek(0, Math.min(file.size, 100), "superblock");
  const version = head.bytes[signature.length]!;
  if (version > 1) return { name: null, address: rootAddress, target: null };
  head.skip(version === 0 ? 56 : 60);
  return readEntry(head, undefined);
}
