import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { layout } from "#shared/bytes/layout.ts";
import { memoryRange, memorySource } from "#shared/bytes/memory-source.ts";
import { writeFile } from "#shared/stores/file-system/write-file.ts";
import { layOutZip, type NewMember } from "#shared/zip/lay-out.ts";
import { readMember } from "#shared/zip/member.ts";
import { readZip } from "#shared/zip/read.ts";
import { hasPython, runPython } from "../support/python.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { yauzlMembers } from "../support/zip.ts";

const folder = temporaryFolder();

interface Plan {
  readonly members: NewMember[];
  readonly contents: readonly (readonly [string, Buffer])[];
}

const namePart = fc
  .string({
    unit: fc.constantFrom("a", "b", "Z", "0", "_", "-", ".", " ", "é", "層", "🧠"),
    minLength: 1,
    maxLength: 20,
  })
  .filter((part) => !/^\.{1,2}$/.test(part));
const name = fc.array(namePart, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const part = fc.record({ bytes: fc.uint8Array({ maxLength: 200 }), moved: fc.boolean() });
const plans: fc.Arbitrary<Plan> = fc
  .uniqueArray(fc.tuple(name, fc.array(part, { maxLength: 4 })), {
    selector: ([memberName]) => memberName,
    maxLength: 6,
  })
  .map((members) => ({
    members: members.map(([memberName, parts]) => ({
      name: memberName,
      content: layout(
        parts.map(({ bytes, moved }) => (moved ? memoryRange("model", bytes) : bytes)),
      ),
    })),
    contents: members.map(([memberName, parts]) => [
      memberName,
      Buffer.concat(parts.map(({ bytes }) => bytes)),
    ]),
  }));

async function written({ members }: Plan, path = join(folder, "any.keras")): Promise<Buffer> {
  const planned = layOutZip(members);
  const { size } = await writeFile(path, planned, { overwrite: true });
  expect(size).toBe(planned.size);
  return readFileSync(path);
}

test("our own reader finds every member, in order, where the layout put it", async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const archive = await written(plan);

      const members = await readZip(memorySource("archive", archive));

      const found: [string, Buffer][] = [];
      for (const member of members.values()) {
        found.push([member.name, Buffer.from(await readMember(member))]);
        expect(member.deflated).toBe(false);
      }
      expect(found).toEqual(plan.contents);
    }),
    { numRuns: 50 },
  );
});

test("yauzl finds every member, its sizes and its bytes", async () => {
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const archive = await written(plan);

      const members = await yauzlMembers(archive);

      expect([...members]).toEqual(plan.contents);
    }),
    { numRuns: 50 },
  );
});

test.skipIf(!hasPython)("Python's zipfile, which Keras reads with, finds the same", async () => {
  const sample = fc.sample(plans, 40);
  const paths: string[] = [];
  for (const [index, plan] of sample.entries()) {
    paths.push(join(folder, `${index}.keras`));
    await written(plan, paths[index]);
  }

  const found = runPython(
    `
import json, sys, zipfile
def members(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return [[i.filename, archive.read(i).hex(), i.compress_type, i.date_time[0]]
                for i in archive.infolist()]
print(json.dumps([members(path) for path in sys.argv[1:]]))
`,
    ...paths,
  );

  expect(found).toEqual(
    sample.map(({ contents }) =>
      contents.map(([memberName, bytes]) => [memberName, bytes.toString("hex"), 0, 1980]),
    ),
  );
});

test("the same members give the same bytes, whatever the time or the host", async () => {
  const members = [{ name: "config.json", content: layout([Buffer.from("{}")]) }];

  const archive = await written({ members, contents: [] });

  const nameHex = Buffer.from("config.json").toString("hex");
  const common = "14000000000000002100 43bfa6a3 02000000 02000000 0b00 0000";
  expect(archive.toString("hex")).toBe(
    [
      ["504b0304", common, nameHex, "7b7d"],
      ["504b0102", "1403", common, "000000000000", "00008001", "00000000", nameHex],
      ["504b0506", "00000000", "01000100", "39000000", "2b000000", "0000"],
    ]
      .flat()
      .join("")
      .replaceAll(" ", ""),
  );
});

test("an archive without members is one that readers open", async () => {
  const archive = await written({ members: [], contents: [] });

  expect((await readZip(memorySource("archive", archive))).size).toBe(0);
  expect((await yauzlMembers(archive)).size).toBe(0);
});
