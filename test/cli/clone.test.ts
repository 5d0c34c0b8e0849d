import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("npx cleave needs a build in a clone", () => {
  const { status, stdout, stderr } = spawnSync("npx", ["--no", "cleave", "where", "--help"], {
    cwd: root,
    encoding: "utf8",
  });

  expect(stderr).not.toMatch(/cleave/);
  expect(stdout).toContain("cleave where s3://BUCKET/KEY");
  expect(status).toBe(0);
});
