import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findPython } from "./find-python.ts";
import { run } from "./run-command.ts";

const UV = "uv==0.13.9";

/** A pinned Python environment in which one or more kinds of Keras run. */
export interface Environment {
  readonly name: string;
  /** Python versions that its packages have wheels for, best first. */
  readonly pythons: readonly string[];
  /** Needed for a verdict at all; an optional one is left out where its Python is not found. */
  readonly required: boolean;
  readonly variables: Readonly<Record<string, string>>;
}

const QUIET = { CUDA_VISIBLE_DEVICES: "", TF_CPP_MIN_LOG_LEVEL: "3", TF_ENABLE_ONEDNN_OPTS: "0" };
const THEANO =
  "cxx=,device=cpu,floatX=float32,mode=FAST_COMPILE,optimizer_excluding=AbstractConvCheck";

export const environments: readonly Environment[] = [
  { name: "keras3", pythons: ["3.11", "3.12", "3.13"], required: true, variables: QUIET },
  { name: "tf", pythons: ["3.11", "3.12", "3.13"], required: true, variables: QUIET },
  { name: "tf213", pythons: ["3.11"], required: false, variables: QUIET },
  {
    name: "keras231",
    pythons: ["3.6"],
    required: false,
    variables: { ...QUIET, KERAS_BACKEND: "theano", THEANO_FLAGS: THEANO },
  },
];

/**
 * The Python of an environment, made from PyPI on first use and kept in the user's cache;
 * `undefined` where the Python version it needs is not on this machine.
 */
export function pythonOf(environment: Environment): string | undefined {
  const requirements = requirementsOf(environment);
  const folder = join(cacheFolder(), `${environment.name}-${digest(requirements)}`);
  const python = join(folder, "bin", "python");
  if (existsSync(join(folder, "complete"))) return python;
  const base = findPython(environment.pythons);
  if (base === undefined) {
    if (!environment.required) return undefined;
    throw new Error(
      `Python ${environment.pythons.join(" or ")} is not on this machine, and the judges in ` +
        `"${environment.name}" need it.`,
    );
  }
  make(environment, base, folder, requirements);
  return python;
}

function make(environment: Environment, base: string, folder: string, requirements: string): void {
  const began = Date.now();
  process.stderr.write(`making ${environment.name} from PyPI …\n`);
  const uv = bootstrap();
  rmSync(folder, { recursive: true, force: true });
  install(() => {
    run(uv, ["venv", "--quiet", "--python", base, folder]);
    const list = join(folder, "requirements.txt");
    writeFileSync(list, requirements);
    const target = ["--python", join(folder, "bin", "python")];
    run(uv, ["pip", "install", "--quiet", "--no-deps", ...target, "-r", list], uvVariables());
  }, environment.name);
  writeFileSync(join(folder, "complete"), "");
  process.stderr.write(`made ${environment.name} in ${seconds(began)} s\n`);
}

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

function install(steps: () => void, name: string): void {
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

function requirementsOf({ name }: Environment): string {
  return readFileSync(join(import.meta.dirname, "environments", `${name}.txt`), "utf8");
}

export function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "keras-cleave", "judges");
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function seconds(began: number): string {
  return ((Date.now() - began) / 1000).toFixed(0);
}
