import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../local/processes/uv.ts";
import { run } from "../../local/processes/run-command.ts";
import { benchFolder, kerasPython, pathOf, type Model } from "../models.ts";
import type { Extent } from "./serve.ts";

/** Models by size; one of `--only`. */
export const groups = ["10MB", "100MB", "1.2GB", "20GB"] as const;
export type SizeGroup = (typeof groups)[number];

export type Ending = ".h5" | ".keras";

/** A model that is put into S3. */
export interface S3Model {
  readonly id: string;
  readonly group: SizeGroup;
  readonly title: string;
  readonly ending: Ending;
  /** Width and number of its Dense layers; each makes six tensors with the state of Adam. */
  readonly width: number;
  readonly layers: number;
}

/** A model file, and what is known of it. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: number;
  readonly tensors: number;
  /** Groups below each other, the root not counted. */
  readonly levels: number;
  /** What of a sparse file is not a hole; undefined: it is not sparse. */
  readonly extents: readonly Extent[] | undefined;
}

const sizes: readonly [group: SizeGroup, width: number, layers: number][] = [
  ["10MB", 129, 50],
  ["100MB", 408, 50],
  ["1.2GB", 2000, 25],
  ["20GB", 3160, 167],
];

export const models: readonly S3Model[] = sizes.flatMap(([group, width, layers]) =>
  ([".h5", ".keras"] as const).map((ending) => {
    const title = `${group.replace(/(?=[MG]B)/, " ")} \`${ending}\``;
    return { id: `${group}${ending}`, group, title, ending, width, layers };
  }),
);

/** The file of a model, made on first use; the largest is sparse. */
export function modelFile(model: S3Model): ModelFile {
  const path = isSparse(model) ? sparsePath(model) : pathOf(trained(model), benchFolder(false));
  const { python, variables } = kerasPython();
  const script = join(import.meta.dirname, "..", "python", "s3_facts.py");
  const said = execFileSync(python, [script, path], {
    encoding: "utf8",
    env: { ...process.env, ...variables },
    maxBuffer: 2 ** 26,
  });
  const { extents, ...facts } = JSON.parse(said) as Pick<ModelFile, "tensors" | "levels"> & {
    extents: readonly Extent[];
  };
  const bytes = statSync(path).size;
  return { path, bytes, ...facts, extents: isSparse(model) ? extents : undefined };
}

function isSparse({ group }: S3Model): boolean {
  return group === "20GB";
}

function trained({ ending, group, width, layers }: S3Model): Model {
  const file = `model${ending}`;
  return { id: file, group: "sizes", title: group, file, recipe: ["trained", width, layers] };
}

function sparsePath({ ending, width, layers }: S3Model): string {
  const folder = join(dirname(cacheFolder()), "bench", "s3");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `sparse-${width}-${layers}${ending}`);
  if (existsSync(path)) return path;
  const { python, variables } = kerasPython();
  const scripts = join(import.meta.dirname, "..", "python");
  const numbers = [`${width}`, `${layers}`];
  const args =
    ending === ".h5"
      ? [join(scripts, "make_models.py"), "sparse", path, ...numbers]
      : [join(scripts, "s3_sparse_keras.py"), path, ...numbers];
  run(python, args, variables);
  return path;
}
