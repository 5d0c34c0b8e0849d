import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

function textOf(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
}

test("docs/cli.md leaves out an error code, or has one that there is not", () => {
  const [, type] = /export type ErrorCode =([^]*?";)/.exec(textOf("shared/errors.ts"))!;
  const codes = [...type!.matchAll(/\| "(\w+)"/g)].map(([, code]) => code!);
  const [, section] = /## Error codes\n([^]*?)(?:\n## |$)/.exec(textOf("docs/cli.md"))!;
  const told = [...section!.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, code]) => code!),
  );

  expect(codes.length).toBeGreaterThan(10);
  expect(told.toSorted()).toEqual(codes.toSorted());
});
