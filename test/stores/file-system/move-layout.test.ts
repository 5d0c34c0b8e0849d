import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chunkSize } from "#shared/bytes/chunk-buffers.ts";
import { isDeferred, isRange, layout, type Layout, type Segment } from "#shared/bytes/layout.ts";
import { memorySource } from "#shared/bytes/memory-source.ts";
import type { ByteSource } from "#shared/bytes/source.ts";
import { moveLayout } from "#shared/stores/file-system/move-layout.ts";
import type { Moved, MoveOptions } from "#shared/stores/store.ts";
import { openFile } from "#shared/stores/file-system/open-file.ts";
import type { FileSource } from "#shared/stores/stored-file.ts";
import { observedSource, patternedBytes } from "../../support/sources.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const folder = temporaryFolder();
const out = join(folder, "out");
const onDisk = patternedBytes(3 * chunkSize, 2);
const inMemory = patternedBytes(3 * chunkSize, 3);
const contents = new Map<string, Buffer>();
let sources: ByteSource[] = [];
let file: FileSource;

beforeAll(async () => {
  const path = join(folder, "in");
  writeFileSync(path, onDisk);
  file = await openFile(path);
  sources = [file, memorySource("memory", inMemory)];
  contents.set(path, onDisk).set("memory", inMemory);
});
afterAll(() => file.close());

async function move(planned: Layout, options: MoveOptions = {}): Promise<[Moved, Buffer]> {
  const target = await open(out, "w");
  try {
    const moved = await moveLayout(planned, target, options);
    return [moved, readFileSync(out)];
  } finally {
    await target.close();
  }
}

/** What a segment that is not deferred holds. */
function content(segment: Segment): Uint8Array {
  if (isRange(segment)) {
    const { source, offset, length } = segment;
    return contents.get(source.name)!.subarray(offset, offset + length);
  }
  return isDeferred(segment) ? new Uint8Array(segment.length) : segment;
}

/** The file a layout means, made the plain way. */
function expectedBytes({ segments }: Layout): Buffer {
  return Buffer.concat(
    segments.map((segment) => {
      if (!isDeferred(segment)) return content(segment);
      return segment.make(
        segment.spans.map(({ first, end }) =>
          zlibCrc32(Buffer.concat(segments.slice(first, end).map(content))),
        ),
      );
    }),
  );
}

/** Bytes in which every checksum given counts. */
function fromChecksums(length: number, checksums: readonly number[]): Uint8Array {
  const digest = createHash("sha512").update(checksums.join()).digest();
  return new Uint8Array(length).map((_, at) => digest[at % digest.length]!);
}

const shortLength = fc.integer({ min: 0, max: 70 });
const aroundChunk = fc.constantFrom(chunkSize - 1, chunkSize, chunkSize + 1);
const plan = fc.record({
  kind: fc.constantFrom("bytes", "range", "range", "deferred"),
  source: fc.nat(1),
  offset: fc.nat(chunkSize),
  length: fc.oneof({ weight: 30, arbitrary: shortLength }, { weight: 1, arbitrary: aroundChunk }),
  spans: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 }),
});

const layouts = fc.array(plan, { maxLength: 25 }).map((plans) => {
  /** Runs of segments that are not deferred. */
  const span = ([from, most]: [number, number]): { first: number; end: number } => {
    const first = from % plans.length;
    let end = first;
    while (end - first < most && end < plans.length && plans[end]!.kind !== "deferred") end += 1;
    return { first, end };
  };
  return layout(
    plans.map(({ kind, source, offset, length, spans }): Segment => {
      if (kind === "bytes") return inMemory.subarray(offset, offset + length);
      if (kind === "range") return { source: sources[source]!, offset, length };
      return {
        length,
        spans: spans.map(span),
        make: (checksums) => fromChecksums(length, checksums),
      };
    }),
  );
});

describe("any layout", () => {
  test("becomes exactly the bytes it stands for, with every checksum and digest right", async () => {
    await fc.assert(
      fc.asyncProperty(layouts, async (planned) => {
        let progress = 0;
        const [moved, written] = await move(planned, {
          digest: true,
          onProgress: (bytes) => {
            progress += bytes;
          },
        });

        const expected = expectedBytes(planned);
        expect(written.equals(expected)).toBe(true);
        expect(moved.size).toBe(expected.length);
        expect(moved.crc32).toBe(zlibCrc32(expected));
        expect(progress).toBe(expected.length);
        const ranges = planned.segments.filter(isRange);
        expect(moved.checksums).toEqual(
          new Map(ranges.map((range) => [range, zlibCrc32(content(range))])),
        );
        expect(moved.digests).toEqual(new Map(ranges.map((range) => [range, sha256(range)])));
      }),
      { numRuns: 80 },
    );
  });
});

function sha256(segment: Segment): string {
  return createHash("sha256").update(content(segment)).digest("hex");
}

describe.each([0, 1, chunkSize - 1, chunkSize])("after %i bytes of another segment", (before) => {
  test.each([
    chunkSize - 1,
    chunkSize,
    chunkSize + 1,
    2 * chunkSize - 1,
    2 * chunkSize,
    2 * chunkSize + 1,
  ])("no byte is lost or written twice where a chunk of %i bytes ends", async (length) => {
    const planned = layout([
      inMemory.subarray(0, before),
      { source: sources[0]!, offset: 5, length },
      { source: sources[1]!, offset: 7, length },
      inMemory.subarray(0, length),
    ]);

    const [moved, written] = await move(planned);

    const expected = expectedBytes(planned);
    expect(written.equals(expected)).toBe(true);
    expect(moved.crc32).toBe(zlibCrc32(expected));
  });
});

test("digests are left out where nobody asked for them", async () => {
  const [moved] = await move(layout([{ source: sources[0]!, offset: 0, length: 10 }]));

  expect(moved.digests.size).toBe(0);
  expect(moved.checksums.size).toBe(1);
});

test("an empty layout becomes an empty file with the checksum of nothing", async () => {
  const [moved, written] = await move(layout([]));

  expect(written).toHaveLength(0);
  expect([moved.size, moved.crc32]).toEqual([0, 0]);
});

test("a tensor larger than memory is never asked for in one read", async () => {
  const source = observedSource(memorySource("memory", inMemory));

  await move(layout([inMemory.subarray(0, 100), { source, offset: 0, length: 3 * chunkSize }]));

  expect(Math.max(...source.reads.map(({ length }) => length))).toBeLessThanOrEqual(chunkSize);
  expect(source.reads.reduce((sum, { length }) => sum + length, 0)).toBe(3 * chunkSize);
});

test("an abort stops the move within a few chunks, with the caller's own reason", async () => {
  const controller = new AbortController();
  const reason = new Error("the user has had enough");
  const source = observedSource(memorySource("memory", inMemory));
  const ranges = Array.from({ length: 20 }, () => ({ source, offset: 0, length: chunkSize }));

  const moving = move(layout(ranges), {
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });

  await expect(moving).rejects.toBe(reason);
  expect(source.reads.length).toBeLessThan(5);
});
