import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findPython } from "./find-python.ts";
import { run } from "./run-command.ts";

const UV = "uv==0.13.9";

/** uv itself, in a venv of its own. */
export function bootstrap(): string {
  const folder = join(cacheFolder(), `uv-${digest(UV)}`);
  const uv = join(folder, "bin", "uv");
  if (existsSync(uv)) return uv;
  const base = findPython(["3.11", "3.12", "3.13", "3.10", "3"]);
  if (base === undefined) throw new Error("No Python 3 on this machine; the judges need one.");
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(cacheFolder(), { recursive: true });
  install(() => {
    run(base, ["-m", "venv", unfinished]);
    const target = ["--quiet", "--target", join(unfinished, "uv")];
    run(join(unfinished, "bin", "python"), ["-m", "pip", "install", ...target, UV]);
  }, "uv");
  renameSync(join(unfinished, "uv"), folder);
  rmSync(unfinished, { recursive: true, force: true });
  return uv;
}

/** @throws Error naming what could not be made */
export function install(steps: () => void, name: string): void {
  try {
    steps();
  } catch (cause) {
    throw new Error(
      `The environment "${name}" of the judges is not there and could not be made from PyPI. ` +
        `Is the package index reachable?\n${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}

/** What pip is told about indexes and certificates holds for uv too. */
export function uvVariables(): Record<string, string> {
  const { PIP_INDEX_URL: index, PIP_CERT: certificates } = process.env;
  return {
    ...(index === undefined ? {} : { UV_DEFAULT_INDEX: index }),
    ...(certificates === undefined ? {} : { SSL_CERT_FILE: certificates }),
    UV_PYTHON_DOWNLOADS: "never",
    UV_HTTP_TIMEOUT: "180",
  };
}

/** Where what is made once is kept. */
export function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "keras-cleave", "judges");
}

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
