import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findPython } from "../../local/processes/find-python.ts";
import { run } from "../../local/processes/run-command.ts";
import { bootstrap, cacheFolder, digest, install, uvVariables } from "../../local/processes/uv.ts";

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

/** Programs to compare with; no judge. */
export const scanners: Environment = {
  name: "scanners",
  pythons: ["3.11"],
  required: true,
  variables: QUIET,
};

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

function requirementsOf({ name }: Environment): string {
  return readFileSync(join(import.meta.dirname, "environments", `${name}.txt`), "utf8");
}

function seconds(began: number): string {
  return ((Date.now() - began) / 1000).toFixed(0);
}
