import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootstrap, cacheFolder, uvVariables, digest } from "./uv.ts";
import { findPython } from "./find-python.ts";
import { run } from "./run-command.ts";

/**
 * A Python with exactly the packages of a lock file, made from PyPI on first use and kept in the
 * user's cache.
 *
 * @param pythons versions that will do, best first
 */
export function pythonWith(name: string, lock: string, pythons: readonly string[]): string {
  const folder = join(cacheFolder(), `${name}-${digest(readFileSync(lock, "utf8"))}`);
  const python = join(folder, "bin", "python");
  if (existsSync(join(folder, "complete"))) return python;
  const base = findPython(pythons);
  if (base === undefined) {
    throw new Error(`Python ${pythons.join(" or ")} is not on this machine; ${name} needs it.`);
  }
  process.stderr.write(`making ${name} from PyPI …\n`);
  const uv = bootstrap();
  rmSync(folder, { recursive: true, force: true });
  run(uv, ["venv", "--quiet", "--python", base, folder]);
  const install = ["pip", "install", "--quiet", "--no-deps", "--python", python, "-r", lock];
  run(uv, install, uvVariables());
  writeFileSync(join(folder, "complete"), "");
  return python;
}
