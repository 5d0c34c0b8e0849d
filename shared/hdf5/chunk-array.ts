import { checkLimit } from "../limits.ts";
import { arrayOrder } from "./chunk-grid.ts";
import type { ChunkTable } from "./chunk-table.ts";
import type { Cursor } from "./cursor.ts";
import { littleEndian } from "./fractal-heap.ts";

/** Takes the elements of a fixed or extensible array, which are chunks, into a table. */
export interface ArrayElements {
  /** Bytes of one. */
  readonly size: number;
  /** Takes `count` elements where the cursor is, from place `start` of the array. */
  take(cursor: Cursor, start: number, count: number): void;
}

/**
 * An element is an address; where chunks pass filters, the stored size and the filters skipped
 * follow it (format specification, VII.C and VII.D).
 *
 * @param cursor in the array's header, at its client ID, which the element size follows
 */
export function arrayElements(cursor: Cursor, table: ChunkTable): ArrayElements {
  const filtered = table.filters > 0;
  const client = cursor.u8();
  if (client !== Number(filtered)) cursor.fail(`an array of other elements (${client})`, -1);
  const size = cursor.u8();
  const sizeBytes = filtered ? size - 12 : 0;
  if (filtered ? sizeBytes < 1 || sizeBytes > 8 : size !== 8) {
    cursor.fail(`elements of ${size} bytes`, -1);
  }
  const coordinates = arrayOrder(table.grid);
  return {
    size,
    take: (elements, start, count) => {
      checkLimit("hdf5Chunks", count, table.path);
      for (let index = start; index < start + count; index += 1) {
        const address = elements.address();
        const stored = filtered ? littleEndian(elements.take(sizeBytes)) : table.layout.chunkBytes;
        const skipped = filtered ? elements.u32() : 0;
        if (address !== null) table.put(coordinates(index), address, stored, skipped);
      }
    },
  };
}
