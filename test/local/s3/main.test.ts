import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const main = join(import.meta.dirname, "../../../local/s3/main.ts");

test("the command serves at the address it prints, and leaves nothing behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "s3-main-"));
  const child = spawn(process.execPath, [main, "--folder", folder, "--bucket", "models"]);
  try {
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const url = line.toString().trim();

    const answer = await fetch(`${url}/models?list-type=2`, { headers: { Authorization: "any" } });
    expect(answer.status).toBe(200);
    expect(readdirSync(folder)).toHaveLength(1);

    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
});
