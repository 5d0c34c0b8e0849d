import { checkLimit } from "../limits.ts";
import { Cursor } from "./cursor.ts";
import type { Hdf5File } from "./file.ts";

/** Strings of variable length, which HDF5 keeps in global heap collections (specification, III.E). */
export class GlobalHeap {
  readonly #file: Hdf5File;
  readonly #collections = new Map<number, Promise<ReadonlyMap<number, Uint8Array>>>();
  #total = 0;
  #referenced = 0;

  constructor(file: Hdf5File) {
    this.#file = file;
  }

  /**
   * Follows references: 4 bytes of length, 8 of collection address, 4 of object index each.
   *
   * @param offset where the references stand in the file
   */
  async strings(references: Uint8Array, offset: number, what: string): Promise<Uint8Array[]> {
    const count = references.length / 16;
    checkLimit("stringElements", count, what);
    const cursor = new Cursor(references, offset, what);
    const strings: Uint8Array[] = [];
    for (let element = 0; element < count; element += 1) {
      const length = cursor.u32();
      const address = cursor.address();
      const index = cursor.u32();
      if (length === 0 || address === null) {
        strings.push(new Uint8Array());
        continue;
      }
      const object = (await this.#collection(address, what)).get(index);
      if (object === undefined) return cursor.fail(`string ${element} is not in its heap`, -16);
      if (object.length < length) {
        cursor.fail(
          `string ${element} claims ${length} bytes, its heap object has ${object.length}`,
          -16,
        );
      }
      // Whoever writes the strings again needs room for each of them.
      if ((this.#referenced += length) > this.#file.size) {
        cursor.fail("the strings are longer than the file, they overlap in a heap", -16);
      }
      strings.push(object.subarray(0, length));
    }
    return strings;
  }

  #collection(address: number, what: string): Promise<ReadonlyMap<number, Uint8Array>> {
    const known = this.#collections.get(address);
    if (known !== undefined) return known;
    const collection = this.#read(address, what);
    this.#collections.set(address, collection);
    return collection;
  }

  async #read(address: number, what: string): Promise<ReadonlyMap<number, Uint8Array>> {
    const name = `${what}: global heap`;
    const head = await this.#file.peek(address, 16, name);
    head.signature("GCOL");
    const version = head.u8();
    if (version !== 1) head.fail(`version ${version} is not known`, -1);
    head.skip(3);
    const size = head.u64();
    checkLimit("heapBytes", size, name);
    checkLimit("heapTotalBytes", (this.#total += size), name);
    const cursor = await this.#file.structure(address, size, name);
    cursor.skip(16);

    const objects = new Map<number, Uint8Array>();
    while (cursor.left >= 16) {
      const index = cursor.u16();
      cursor.skip(6);
      const length = cursor.u64();
      if (index === 0) break; // free space, to the end of the collection
      if (objects.has(index)) cursor.fail(`object ${index} stands twice`, -16);
      objects.set(index, cursor.take(length));
      cursor.align8();
    }
    return objects;
  }
}
