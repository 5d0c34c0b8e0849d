import { rangeSource } from "../bytes/range-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError } from "../errors.ts";
import { limitOf } from "../limits.ts";
import type { Cursor } from "./cursor.ts";
import { Hdf5File } from "./file.ts";
import { GlobalHeap } from "./global-heap.ts";
import type { Hdf5Attribute } from "./model.ts";
import { messageType, readObjectHeader, type Message } from "./object-header.ts";
import { readAttributes } from "./read-attributes.ts";
import { readDataset, type FileParts } from "./read-dataset.ts";
import { readSuperblock, signature, type Superblock } from "./superblock.ts";
import {
  ifThere,
  readEntry,
  survivingEntries,
  survivingLinks,
  type SurvivingLink,
  type SurvivingLinks,
} from "./surviving-links.ts";

/** What is left of an HDF5 file that was cut. */
export interface Survey {
  /** In bytes, as the superblock has it. */
  readonly stated: number;
  readonly found: number;
  /** Datasets all of whose values are there. */
  readonly complete: number;
  /** Datasets that links lead to. */
  readonly datasets: number;
  /** Whether some links could not be followed, so that there are at least as many. */
  readonly isPartial: boolean;
}

/**
 * Counts what a truncated file still holds: objects are read as always, and one that cannot be
 * read is passed over. Nothing of it is given to anybody.
 *
 * @returns undefined where the file is as long as its superblock says, or says nothing
 */
export async function surveyTruncated(range: ByteRange): Promise<Survey | undefined> {
  const found = range.length;
  const stated = await statedEnd(range);
  if (stated === undefined || stated <= found) return undefined;
  const walk = new Walk({ source: asLongAs(stated, range), offset: 0, length: stated }, found);
  await walk.all();
  const { complete, datasets, isPartial } = walk;
  return { stated, found, complete, datasets, isPartial };
}

/**
 * The attributes of the root group, however little else of a file can be read.
 *
 * @throws CleaveError as the reader
 */
export async function rootAttributes(range: ByteRange): Promise<readonly Hdf5Attribute[]> {
  const size = Math.max(range.length, (await statedEnd(range)) ?? 0);
  const whole = { source: asLongAs(size, range), offset: 0, length: size };
  const file = new CutFile(whole, range.length);
  const superblock = await readSuperblock(file);
  const parts: FileParts = { file, superblock, heap: new GlobalHeap(file) };
  const messages = await readObjectHeader(file, superblock.rootAddress, "/");
  return readAttributes(parts, messages, "/");
}

/** Where the end of file stands in superblocks 0 to 3 (format specification, II.A). */
const endAt = [40, 44, 28, 28];

async function statedEnd(range: ByteRange): Promise<number | undefined> {
  const head = Buffer.from(await rangeSource(range).read(0, Math.min(52, range.length)));
  const at = endAt[head[signature.length] ?? -1];
  const offsetSize = head[at === 28 ? 9 : 13];
  if (at === undefined || head.length < at + 8 || offsetSize !== 8) return undefined;
  const end = head.readBigUInt64LE(at);
  return end > Number.MAX_SAFE_INTEGER ? undefined : Number(end);
}

/** The file with its length as it was; reads behind the cut give fewer bytes, or none. */
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
 * A file that ends before its end. Structures may share bytes here, as nothing is taken from them;
 * that no byte is read twice bounds the work.
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
}

class Walk {
  complete = 0;
  datasets = 0;
  isPartial = false;
  readonly #file: CutFile;
  readonly #cut: number;
  readonly #seen = new Set<number>();

  constructor(range: ByteRange, cut: number) {
    this.#file = new CutFile(range, cut);
    this.#cut = cut;
  }

  async all(): Promise<void> {
    const superblock = await ifThere(readSuperblock(this.#file));
    if (superblock === undefined) return;
    const parts: FileParts = { file: this.#file, superblock, heap: new GlobalHeap(this.#file) };
    let level: readonly SurvivingLink[] = [await rootLink(this.#file, superblock)];
    for (let depth = 0; level.length > 0; depth += 1) {
      const next: SurvivingLink[] = [];
      for (const link of level) next.push(...(await this.#visit(parts, link)));
      if (depth === limitOf("hdf5Depth")) this.isPartial = true;
      level = depth === limitOf("hdf5Depth") ? [] : next;
    }
  }

  /** @returns what the object links to */
  async #visit(
    parts: FileParts,
    { address, target }: SurvivingLink,
  ): Promise<readonly SurvivingLink[]> {
    if (this.#seen.has(address) || this.#seen.size === limitOf("hdf5Objects")) {
      this.isPartial = true;
      return [];
    }
    this.#seen.add(address);
    const messages = await ifThere(readObjectHeader(this.#file, address, "object"));
    if (messages === undefined) return this.#visitLost(parts.superblock, target);
    if (messages.some(({ type }) => type === messageType.layout)) {
      this.datasets += 1;
      if (await this.#isComplete(parts, messages)) this.complete += 1;
      return [];
    }
    return this.#follow(await survivingLinks(this.#file, parts.superblock, messages));
  }

  /** An object of which only the link to it is left. */
  async #visitLost(
    superblock: Superblock,
    target: SurvivingLink["target"],
  ): Promise<readonly SurvivingLink[]> {
    if (target === "dataset") this.datasets += 1;
    else if (target === null) this.isPartial = true;
    else return this.#follow(await survivingEntries(this.#file, superblock, target.tree));
    return [];
  }

  #follow({ links, isPartial }: SurvivingLinks): readonly SurvivingLink[] {
    if (isPartial) this.isPartial = true;
    return links;
  }

  async #isComplete(parts: FileParts, messages: readonly Message[]): Promise<boolean> {
    const { body } = messages.find(({ type }) => type === messageType.layout)!;
    const start = body.at;
    const end = endOfRun(body);
    if (end !== undefined) return end <= this.#cut;
    body.at = start;
    const read = await ifThere(readDataset(parts, messages, [], "/", "dataset"));
    if (read === undefined) return false;
    const { addresses, sizes } = read.packed?.chunks ?? {};
    return addresses?.every((address, index) => address + sizes![index]! <= this.#cut) ?? true;
  }
}

/** Superblocks 0 and 1 end in an entry of a symbol table (format specification, II.A). */
async function rootLink(file: CutFile, { rootAddress }: Superblock): Promise<SurvivingLink> {
  const head = await file.peek(0, 100, "superblock");
  const version = head.bytes[signature.length]!;
  if (version > 1) return { address: rootAddress, target: null };
  head.skip(version === 0 ? 56 : 60);
  return readEntry(head);
}

/**
 * Where the values end that are one run of bytes (specification, IV.A.2.i); 0 where they stand in
 * the object header, which has been read.
 *
 * @returns undefined where they are no such run
 */
function endOfRun(layout: Cursor): number | undefined {
  const version = layout.u8();
  const kind = layout.u8();
  if (version < 3 || kind > 1) return undefined;
  if (kind === 0) return 0;
  const address = layout.address();
  return address === null ? undefined : address + layout.u64();
}
