import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { weightsFile } from "../shared/manifest/names.ts";
import { bold, dim } from "./terminal/colour.ts";

/** `npm start`: takes a model apart, puts it together again, and verifies that nothing changed. */
const root = fileURLToPath(new URL("..", import.meta.url));
const classic = join(root, "test/fixtures/keras-3.15.1-jax/classic.keras");
const caller = process.env["INIT_CWD"] ?? process.cwd();
const [argument] = process.argv.slice(2);
const model = argument === undefined ? classic : resolve(caller, argument);
const folder = mkdtempSync(join(tmpdir(), "cleave-"));

try {
  const name = basename(model);
  const parts = "parts";
  if (!existsSync(model)) throw new Error(`There is no file ${model}.`);
  symlinkSync(model, join(folder, name));
  console.log(dim(`${name} is the file ${model}; the rest is written to ${folder}\n`));
  run("inspect", name);
  run("split", name, "--out", parts);
  run("verify", parts, "--against", name);
  const again = `again${existsSync(join(folder, parts, weightsFile.v3)) ? ".keras" : ".h5"}`;
  run("recombine", parts, "--out", again);
  run("split", again, "--out", "parts-again");
  run("verify", "parts-again", "--against", name);
  console.log(
    dim(`${extname(name)} → parts → ${again}: the same model. Your file was not touched.`),
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(...args: string[]): void {
  console.log(bold(`$ cleave ${args.join(" ")}`));
  const command = spawnSync(process.execPath, [join(root, "cli/main.ts"), ...args], {
    cwd: folder,
    stdio: "inherit",
  });
  console.log();
  if (command.status !== 0) throw new Error(`cleave ${args[0]} ended with ${command.status}.`);
}
