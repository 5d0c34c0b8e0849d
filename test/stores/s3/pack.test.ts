import fc from "fast-check";
import { expect, test } from "vitest";
import { pack, partLimits, type Part, type PartLimits, type Run } from "#shared/stores/s3/pack.ts";

/** Limits so small that every way to divide an object can be tried. */
const small: PartLimits = {
  least: 5,
  most: 64,
  parts: 1000,
  sent: 8,
  copied: { least: 12, most: 24 },
};

const run = (most: number): fc.Arbitrary<Run> =>
  fc.record({ length: fc.integer({ min: 1, max: most }), copyable: fc.boolean() });

function refuseBroken(parts: readonly Part[], runs: readonly Run[], limits: PartLimits): void {
  const edges = [0];
  for (const { length } of runs) edges.push(edges.at(-1)! + length);
  let at = 0;
  for (const [index, { start, end, copied }] of parts.entries()) {
    expect(start).toBe(at);
    expect(end - start).toBeGreaterThanOrEqual(index === parts.length - 1 ? 1 : limits.least);
    expect(end - start).toBeLessThanOrEqual(limits.most);
    if (copied) {
      const holder = runs.findIndex((_, i) => edges[i]! <= start && end <= edges[i + 1]!);
      expect(runs[holder]?.copyable).toBe(true);
    }
    at = end;
  }
  expect(at).toBe(edges.at(-1));
  expect(parts.length).toBeLessThanOrEqual(limits.parts);
}

function sentBytes(parts: readonly Part[]): number {
  return parts.reduce((sum, { start, end, copied }) => sum + (copied ? 0 : end - start), 0);
}

/** The fewest bytes that any division sends, found by trying every one of them. */
function fewestSent(runs: readonly Run[], { least, most }: PartLimits): number {
  const holders = runs.flatMap(({ length, copyable }, index) =>
    Array.from({ length }, () => ({ copyable, index })),
  );
  const size = holders.length;
  const fewest = Array.from({ length: size + 1 }, () => Infinity);
  fewest[0] = 0;
  for (let start = 0; start < size; start += 1) {
    for (let end = start + 1; end <= Math.min(size, start + most); end += 1) {
      if (end - start < least && end < size) continue;
      const [first, last] = [holders[start]!, holders[end - 1]!];
      const copied = first.copyable && first.index === last.index;
      const sent = fewest[start]! + (copied ? 0 : end - start);
      fewest[end] = Math.min(fewest[end]!, sent);
    }
  }
  return fewest[size]!;
}

test("no byte is left out, doubled, out of order or in a part that S3 refuses", () => {
  fc.assert(
    fc.property(fc.array(run(60), { minLength: 1, maxLength: 40 }), (runs) => {
      refuseBroken(pack(runs, small), runs, small);
    }),
    { numRuns: 2000 },
  );
});

test("no other division sends fewer bytes", () => {
  fc.assert(
    fc.property(fc.array(run(25), { minLength: 1, maxLength: 12 }), (runs) => {
      expect(sentBytes(pack(runs, small))).toBe(fewestSent(runs, small));
    }),
    { numRuns: 3000 },
  );
});

test("more stretches than S3 takes parts end in larger parts, not in a refusal", () => {
  const limits = { ...small, parts: 10 };
  fc.assert(
    fc.property(fc.array(run(20), { minLength: 1, maxLength: 30 }), (runs) => {
      refuseBroken(pack(runs, limits), runs, limits);
    }),
    { numRuns: 1000 },
  );
});

const MiB = 1024 * 1024;

test("a model of 20 GB is copied in parts that can be under way at once, but for its metadata", () => {
  const runs = [
    { length: MiB, copyable: false },
    { length: 20e9, copyable: true },
  ];
  const parts = pack(runs, partLimits);
  refuseBroken(parts, runs, partLimits);
  expect(sentBytes(parts)).toBe(5 * MiB);
  const copies = parts.filter(({ copied }) => copied).map(({ start, end }) => end - start);
  expect(Math.min(...copies)).toBeGreaterThan(60 * MiB);
  expect(copies.length).toBeGreaterThan(200);
});

test.each<[string, Run[]]>([
  ["the largest object there is", [{ length: 10_000 * partLimits.most, copyable: true }]],
  ["one as large that cannot be copied", [{ length: 4000 * partLimits.most, copyable: false }]],
  [
    "60,000 tensors that stand apart",
    Array.from({ length: 60_000 }, (_, index) => [
      { length: 8, copyable: false },
      { length: (6 + (index % 9)) * MiB, copyable: true },
    ]).flat(),
  ],
])("%s has no more parts than S3 takes", (_, runs) => {
  const parts = pack(runs, partLimits);
  expect(parts.length).toBeLessThanOrEqual(partLimits.parts);
  expect(Math.min(...parts.slice(0, -1).map(({ start, end }) => end - start))).toBeGreaterThan(
    partLimits.least - 1,
  );
  expect(Math.max(...parts.map(({ start, end }) => end - start))).toBeLessThan(partLimits.most + 1);
});
