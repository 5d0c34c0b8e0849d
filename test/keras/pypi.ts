import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrap, uvVariables } from "../../local/processes/uv.ts";
import { findPython } from "../../local/processes/find-python.ts";
import { run } from "../../local/processes/run-command.ts";

const TINY = "six==1.17.0";

/**
 * Fetches a tiny package past every cache. Environments that are there already would hide that
 * they could not be made again; so this throws when PyPI cannot be reached.
 */
export function assertPypiReachable(): void {
  const uv = bootstrap();
  const python = findPython(["3"]) ?? "python3";
  const folder = mkdtempSync(join(tmpdir(), "cleave-pypi-"));
  try {
    const to = ["--python", python, "--target", folder];
    run(uv, ["pip", "install", "--quiet", "--no-cache", "--no-deps", ...to, TINY], uvVariables());
  } catch (cause) {
    throw new Error(
      `PyPI cannot be reached, and the judges are made from it: ${TINY} could not be fetched. ` +
        `Check the network, or name your own index in PIP_INDEX_URL.\n` +
        `${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
