import { describe, expect, test } from "vitest";
import { scan, type Scan } from "#shared/scan.ts";
import { allCases, pathOf, type Outcome } from "../hostile-files/cases.ts";

/** A notice is a word about a file that works. */
const outcomes: Readonly<Record<Scan["verdict"], readonly Outcome[]>> = {
  clean: ["work", "clean"],
  notice: ["work", "flag"],
  suspicious: ["flag"],
  dangerous: ["flag"],
  unreadable: ["reject"],
};

describe("a scan finds what is hostile or broken, says where and why, and nothing else:", () => {
  test.each(allCases)("$id: $what", async (given) => {
    const { verdict, findings } = await scan(pathOf(given));

    const said = findings
      .map(({ message, where }) => `${message} ${where.part ?? ""}${where.pointer ?? ""}`)
      .join("\n")
      .toLowerCase();
    const right = [given.expected, ...(given.also_ok ?? [])];
    expect({ said, right: outcomes[verdict].some((outcome) => right.includes(outcome)) }).toEqual({
      said,
      right: true,
    });
    if (verdict === "clean" || given.expected === "work") return;
    for (const word of given.must_mention ?? []) expect(said).toContain(word.toLowerCase());
  });
});

test("what is from a file is escaped wherever a scan shows it", async () => {
  for (const given of allCases) {
    const { findings } = await scan(pathOf(given));

    for (const { message, where, evidence, module } of findings) {
      const shown = [message, where.part, where.pointer, evidence, module].join("");
      expect(`${given.id}: ${shown}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  }
});
