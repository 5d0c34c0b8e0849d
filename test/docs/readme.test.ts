import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { startS3Server } from "../../local/s3/server.ts";
import { fixture } from "../support/fixtures.ts";
import { runOnS3 } from "../support/command-on-s3.ts";
import { writeLargeModels } from "../support/large-models.ts";
import { s3Client } from "../support/s3-client.ts";
import { temporaryFolder } from "../support/temporary.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const folder = temporaryFolder();

test("the README shows what the commands in it print", () => {
  copyFileSync(fixture("keras-3.15.1-jax/classic.keras"), join(folder, "classic.keras"));
  const shown = commandsShown().filter(([, command]) => !command!.includes("s3://"));

  const printed = shown.map(([, command]) => {
    if (command!.includes("wider.json")) edit("wider.json", ['"units": 32', '"units": 64']);
    if (command!.includes("new_head.json"))
      edit("new_head.json", ['"units": 10', '"units": 4'], ['"dense_1"', '"animal"']);
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, "cli/main.ts"), ...command!.split(" ")],
      { cwd: folder, encoding: "utf8" },
    );
    return `${(stdout + stderr).trimEnd()}\n`;
  });

  expect(shown.length).toBeGreaterThan(3);
  expect(printed).toEqual(shown.map(([, , output]) => output));
});

test("the README shows what the commands on S3 in it print", async () => {
  const server = await startS3Server();
  try {
    const client = s3Client(server.url);
    for (const Bucket of ["models", "artifacts"]) {
      await client.send(new CreateBucketCommand({ Bucket }));
    }
    const { keras } = await writeLargeModels(folder);
    await server.putFile("models", "large.keras", keras);
    const shown = commandsShown().filter(([, command]) => command!.includes("s3://"));

    expect(shown.length).toBeGreaterThan(0);
    for (const [, command, output] of shown) {
      const { stdout, stderr } = await runOnS3(server.url, command!.split(" "));
      expect(untimed(`${(stdout + stderr).trimEnd()}\n`)).toBe(untimed(output!));
    }
  } finally {
    await server.close();
  }
});

/** Each with what it prints, as the README has it. */
function commandsShown(): RegExpExecArray[] {
  return [...readme.matchAll(/^\$ cleave (.*)\n((?:(?!\$ |```).*\n)*)/gm)];
}

/** Without what differs from run to run; libhdf5 stamps times between the tensors of the model. */
function untimed(text: string): string {
  return text.replace(/· \d+ requests · [\d.]+ s/, "").replaceAll(/  [0-9a-f]{8}  /g, "  ");
}

/** The split model's architecture with these replacements. */
function edit(name: string, ...edits: readonly [from: string, to: string][]): void {
  const architecture = readFileSync(join(folder, "classic.cleave/architecture.json"), "utf8");
  const edited = edits.reduce((text, [from, to]) => text.replaceAll(from, to), architecture);
  writeFileSync(join(folder, name), edited);
}

test("the two commands at the top of the README are scripts of the package", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };

  expect(readme).toContain("npm ci && npm start");
  expect(readme).toContain("npm ci && npm test");
  expect(scripts).toHaveProperty("start");
  expect(scripts).toHaveProperty("test");
});
