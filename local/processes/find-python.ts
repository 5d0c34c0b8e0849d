import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";

/** An interpreter of one of these versions, best first: pyenv's, else one on the PATH. */
export function findPython(versions: readonly string[]): string | undefined {
  for (const version of versions) {
    const found = [...pyenvPythons(version), `python${version}`].find((python) =>
      isVersion(python, version),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function pyenvPythons(version: string): string[] {
  const root = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => name.startsWith(`${version}.`))
    .map((name) => join(root, name, "bin", "python"));
}

function isVersion(python: string, version: string): boolean {
  const { status, stdout } = spawnSync(python, ["--version"], { encoding: "utf8" });
  return status === 0 && stdout.startsWith(`Python ${version}.`);
}
