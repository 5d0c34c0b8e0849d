import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { layout, type Segment } from "#shared/bytes/layout.ts";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { planObject, type PlannedObject } from "#shared/stores/s3/planned-object.ts";
import { PieceChecksums } from "#shared/stores/s3/piece-checksums.ts";
import type { PartLimits } from "#shared/stores/s3/pack.ts";
import { fillDeferred, readPieces } from "#shared/stores/s3/read-pieces.ts";

/** So small that every part of a plan is crossed by everything else. */
const limits: PartLimits = {
  least: 5,
  most: 64,
  parts: 1000,
  sent: 8,
  copied: { least: 12, most: 24 },
};

const object = Buffer.from(Array.from({ length: 400 }, (_, index) => index & 255));
/** As the source of an object on S3 looks to the planner. */
const remote = {
  ...memorySource("s3://models/a", object),
  object: { size: object.length },
  size: 6 * 1024 * 1024,
};

const range = fc
  .record({ offset: fc.nat(300), length: fc.integer({ min: 0, max: 90 }) })
  .map(({ offset, length }): Segment => ({ source: remote, offset, length }));
const fresh = fc.uint8Array({ maxLength: 12 }).map((bytes): Segment => bytes);
/** Ranges that go on where the one before has ended. */
const neighbours = fc
  .tuple(fc.nat(200), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 4 }))
  .map(([start, lengths]): Segment[] => {
    let offset = start;
    return lengths.map((length) => {
      offset += length;
      return { source: remote, offset: offset - length, length };
    });
  });
const content = fc.array(fc.oneof(range, fresh, neighbours), { minLength: 1, maxLength: 6 });

/** As an archive: before each member, and after all of them, what holds their checksums. */
const archives = fc.array(content, { minLength: 1, maxLength: 4 }).map((members) => {
  const segments: Segment[] = [];
  const spans: { first: number; end: number }[] = [];
  for (const member of members) {
    const flat = member.flat();
    const first = segments.length + 1;
    const span = { first, end: first + flat.length };
    segments.push({ length: 4, spans: [span], make: ([crc]) => bytesOf([crc!]) }, ...flat);
    spans.push(span);
  }
  segments.push({ length: 4 * spans.length, spans, make: bytesOf });
  return { plan: layout(segments), expected: writtenOut(segments) };
});

function bytesOf(crcs: readonly number[]): Buffer {
  return Buffer.concat(
    crcs.map((crc) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(crc);
      return bytes;
    }),
  );
}

function writtenOut(segments: readonly Segment[]): Buffer {
  const plain = segments.map((segment) => {
    if ("source" in segment) {
      return object.subarray(segment.offset, segment.offset + segment.length);
    }
    return "spans" in segment ? Buffer.alloc(segment.length) : Buffer.from(segment);
  });
  const whole = segments.map((segment, index) =>
    "spans" in segment
      ? segment.make(
          segment.spans.map(({ first, end }) => crc32(Buffer.concat(plain.slice(first, end)))),
        )
      : plain[index]!,
  );
  return Buffer.concat(whole);
}

/** What S3 would have when all parts have been copied or sent. */
async function assembled(plan: PlannedObject): Promise<{ bytes: Buffer; crc32: number }> {
  const checksums = new PieceChecksums(plan);
  const parts = await Promise.all(plan.parts.map(({ pieces }) => readPieces(pieces)));
  for (const [index, part] of plan.parts.entries()) checksums.compute(part, parts[index]!);
  for (const [index, part] of plan.parts.entries()) {
    fillDeferred(part.pieces, parts[index]!, checksums.make);
    checksums.computeDeferred(part, parts[index]!);
  }
  const pieces = plan.parts.flatMap((part) => part.pieces);
  return { bytes: Buffer.concat(parts), crc32: checksums.of(pieces) };
}

test.each([true, false])(
  "no byte and no checksum is another than in a file, copying %s",
  async (mayCopy) => {
    await fc.assert(
      fc.asyncProperty(archives, async ({ plan, expected }) => {
        const planned = planObject(plan, mayCopy, limits);
        const found = await assembled(planned);

        expect(found.bytes.equals(expected)).toBe(true);
        expect(found.crc32).toBe(crc32(expected));
        expect(planned.parts.every(({ copied }) => mayCopy || !copied)).toBe(true);
        for (const { copied, pieces } of planned.parts) {
          if (copied) expect(pieces).toHaveLength(1);
        }
      }),
      { numRuns: 1000 },
    );
  },
);
