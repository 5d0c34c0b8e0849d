import { ByteWriter, roundUp8 } from "../bytes/byte-writer.ts";

export type VlenStrings = readonly Uint8Array[];

/** libhdf5 refuses a smaller collection (H5HGpkg.h, H5HG_MINSIZE). */
const smallestCollection = 4096;
/** A collection takes more objects until it is this large, as libhdf5 does (H5HG_MAXSIZE). */
const fullCollection = 65_536;
const headerSize = 16;
const objectHeaderSize = 16;

interface Collection {
  readonly strings: Uint8Array[];
  size: number;
  address: number;
}

interface Reference {
  readonly length: number;
  readonly collection: Collection | null;
  readonly index: number;
}

/** Packs strings of variable length into global heap collections (format specification, III.E). */
export class GlobalHeapPlan {
  readonly #collections: Collection[] = [];
  readonly #references = new Map<VlenStrings, Reference[]>();

  add(strings: VlenStrings): void {
    this.#references.set(
      strings,
      strings.map((string) => this.#pack(string)),
    );
  }

  /** Gives each collection its place; no string may be added after it. */
  place(allocate: (size: number) => number): void {
    for (const collection of this.#collections) {
      collection.size = Math.max(roundUp8(collection.size), smallestCollection);
      collection.address = allocate(collection.size);
    }
  }

  /** What stands in place of the strings: length, collection address and index of each. */
  references(strings: VlenStrings): Uint8Array {
    const references = this.#references.get(strings)!;
    const writer = new ByteWriter(new Uint8Array(references.length * 16));
    for (const { length, collection, index } of references) {
      writer.u32(length);
      writer.u64(collection?.address ?? 0);
      writer.u32(index);
    }
    return writer.bytes;
  }

  write(writer: ByteWriter): void {
    for (const { strings, size, address } of this.#collections) {
      writer.at = address;
      writer.text("GCOL");
      writer.u8(1);
      writer.skip(3);
      writer.u64(size);
      for (const [index, string] of strings.entries()) {
        writer.u16(index + 1);
        writer.u16(1); // referred to once
        writer.skip(4);
        writer.u64(string.length);
        writer.put(string);
        writer.align8();
      }
      const free = address + size - writer.at;
      if (free < objectHeaderSize) continue; // no room to describe the rest
      writer.skip(8);
      writer.u64(free);
    }
  }

  #pack(string: Uint8Array): Reference {
    if (string.length === 0) return { length: 0, collection: null, index: 0 };
    const size = objectHeaderSize + roundUp8(string.length);
    let collection = this.#collections.at(-1);
    if (collection === undefined || collection.size + size > fullCollection) {
      collection = { strings: [], size: headerSize, address: 0 };
      this.#collections.push(collection);
    }
    collection.strings.push(string);
    collection.size += size;
    return { length: string.length, collection, index: collection.strings.length };
  }
}
