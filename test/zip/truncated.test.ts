import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { layout } from "#shared/bytes/layout.ts";
import type { ByteSource } from "#shared/bytes/source.ts";
import { layOutZip } from "#shared/zip/lay-out.ts";
import { surveyTruncatedZip } from "#shared/zip/survey.ts";
import { fixture } from "../support/fixtures.ts";
import { observedSource, plannedSource, zeroSource } from "../support/sources.ts";
import { zipArchive } from "../support/zip.ts";

const contents = [
  { name: "metadata.json", content: Buffer.from("{}") },
  { name: "config.json", content: Buffer.alloc(100, 7) },
  { name: "model.weights.h5", content: Buffer.alloc(300, 9) },
];
const archive = zipArchive(contents);

function cutAt(bytes: Buffer, length: number): ByteSource {
  return memorySource("archive", bytes.subarray(0, length));
}

describe("of an archive that has lost its end", () => {
  test("each member is found, and as much of it as is there, wherever it was cut", async () => {
    let start = 0;
    const ends = contents.map(({ name, content }) => (start += 30 + name.length + content.length));
    for (let length = 0; length < archive.length; length += 1) {
      const survey = await surveyTruncatedZip(cutAt(archive, length));

      const whole = survey!.members.filter(({ stated, stored }) => stated === stored.length);
      expect(whole.length, `${length} bytes`).toBe(ends.filter((end) => end <= length).length);
      expect(survey!.hasDirectory).toBe(length >= ends.at(-1)! + 4);
      for (const { stored } of survey!.members) {
        expect(stored.offset + stored.length).toBeLessThanOrEqual(length);
      }
    }
  });

  test("a member whose size stands behind it has none, and ends the search", async () => {
    const streamed = zipArchive([
      { name: "a", content: Buffer.alloc(9), deflated: true, descriptor: true },
      { name: "b" },
    ]);

    const survey = await surveyTruncatedZip(cutAt(streamed, streamed.length - 1));

    expect(survey!.members.map(({ name, stated }) => [name, stated])).toEqual([["a", null]]);
  });

  test("a member of more than 4 GiB is as long as ZIP64 says", async () => {
    const size = 5 * 2 ** 30;
    const content = layout([{ source: zeroSource(size), offset: 0, length: size }]);
    const whole = plannedSource(layOutZip([{ name: "model.weights.h5", content }]), 0);

    const survey = await surveyTruncatedZip({ ...whole, size: 10_000 });

    expect(survey!.members[0]).toMatchObject({ name: "model.weights.h5", stated: size });
  });
});

test("an archive that has its end is not taken for a truncated one", async () => {
  const commented = zipArchive(contents, { comment: Buffer.from("PK\x05\x06 in a comment") });
  const real = readFileSync(fixture("keras-3.15.1-jax/classic.keras"));

  for (const bytes of [archive, real]) {
    expect(await surveyTruncatedZip(cutAt(bytes, bytes.length))).toBeUndefined();
  }
  expect(await surveyTruncatedZip(cutAt(commented, commented.length))).toBeUndefined();
});

test("headers that lead on and on cost no more than the members a model may have", async () => {
  const header = zipArchive([{ name: "a" }]).subarray(0, 31);
  const source = observedSource(memorySource("bomb", Buffer.concat(Array(50_000).fill(header))));

  const survey = await surveyTruncatedZip(source);

  expect(survey!.members.length).toBe(10_000);
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  expect(read).toBeLessThan(1e6);
});
