import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { environments, pythonOf } from "../test/keras/environments.ts";
import { cacheFolder } from "../local/processes/uv.ts";
import { run } from "../local/processes/run-command.ts";

const MB = 1_000_000;

export const groups = ["h5", "keras", "sparse", "tensors", "sizes"] as const;
export type Group = (typeof groups)[number];

/** A model file that commands are measured on; made once, kept in the cache. */
export interface Model {
  readonly id: string;
  readonly group: Group;
  readonly title: string;
  readonly file: string;
  /** What bench/python/make_models.py is asked for. */
  readonly recipe: readonly [kind: "trained" | "tensors" | "sparse", ...numbers: number[]];
}

/** All models; small ones, of the same kinds, for trying the benchmark itself. */
export function models(small: boolean): Model[] {
  const [width, layers, wide] = small ? [400, 6, 700] : [2000, 25, 7107];
  const trained = ["trained", width, layers] as const;
  const counts = small ? [1, 10, 100] : [1, 10, 100, 1000, 3000];
  const sizes: [string, number, number][] = small
    ? [["1 MB", 150, 4]]
    : [
        ["10 MB", 288, 10],
        ["100 MB", 912, 10],
      ];
  return [
    { id: "h5", group: "h5", title: "model.h5", file: "model.h5", recipe: trained },
    { id: "keras", group: "keras", title: "model.keras", file: "model.keras", recipe: trained },
    {
      id: "sparse",
      group: "sparse",
      title: "sparse.h5",
      file: "sparse.h5",
      recipe: ["sparse", wide, 33],
    },
    ...counts.map((count): Model => ({
      id: `tensors-${count}`,
      group: "tensors",
      title: `${count.toLocaleString("en")} tensor${count === 1 ? "" : "s"}`,
      file: `tensors-${count}.h5`,
      recipe: ["tensors", count, (small ? 1 : 100) * MB],
    })),
    ...sizes.map(([title, side, count]): Model => ({
      id: `size-${title.replace(" ", "")}`,
      group: "sizes",
      title,
      file: `size-${title.replace(" ", "")}.h5`,
      recipe: ["trained", side, count],
    })),
  ];
}

/** The Python that has Keras 3 on jax, and what has to be in its environment. */
export function kerasPython(): { python: string; variables: Record<string, string> } {
  const environment = environments.find(({ name }) => name === "keras3");
  const python = environment && pythonOf(environment);
  if (environment === undefined || python === undefined) {
    throw new Error("The environment keras3 of test/keras is not there.");
  }
  return { python, variables: { ...environment.variables, KERAS_BACKEND: "jax" } };
}

/** The folder for models and, while the benchmark runs, for what the commands write. */
export function benchFolder(small: boolean): string {
  return join(dirname(cacheFolder()), "bench", small ? "small" : "full");
}

/** Makes the file unless it is there already; its name has the recipe, so that a new one is made. */
export function pathOf({ file, recipe }: Model, folder: string): string {
  const path = join(folder, `${recipe.join("-")}-${file}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const { python, variables } = kerasPython();
  const [kind, ...numbers] = recipe;
  const script = join(import.meta.dirname, "python", "make_models.py");
  run(python, [script, kind, path, ...numbers.map(String)], variables);
  return path;
}
