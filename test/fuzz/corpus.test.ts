import { expect, test } from "vitest";
import { seeds } from "./seeds.ts";
import { tryInput } from "./target.ts";

test("what earlier fuzzing has found is refused or read, as every seed is", async () => {
  const outcomes = new Set<string>();
  for (const seed of seeds()) outcomes.add(await tryInput(seed));

  expect(outcomes).toContain("accepted");
  expect(outcomes).not.toContain("INTERNAL");
});
