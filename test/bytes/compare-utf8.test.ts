import fc from "fast-check";
import { expect, test } from "vitest";
import { compareUtf8 } from "#shared/bytes/compare-utf8.ts";

test("names are ordered as libhdf5 orders their bytes", () => {
  const name = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test("a character beyond the basic plane comes after one at its end", () => {
  expect(compareUtf8("\u{1F600}", "\uFF5E")).toBeGreaterThan(0);
});
