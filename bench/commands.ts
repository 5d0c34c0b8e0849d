import { join } from "node:path";
import type { Group, Model } from "./models.ts";

/** What is measured, in the order of a round. */
export const commandNames = [
  "cleave split",
  "cleave split --no-training",
  "cleave recombine",
  "cleave inspect",
  "cleave scan",
  "cleave verify",
  "h5py weights out",
  "h5py weights back",
  "Keras",
  "cp split",
  "cp && sync split",
  "cp weights",
  "cp && sync weights",
  "cp model",
  "cp && sync model",
] as const;
export type CommandName = (typeof commandNames)[number];

export interface Command {
  readonly name: CommandName;
  readonly argv: readonly string[];
}

/** Where programs and files are. */
export interface Places {
  readonly node: string;
  readonly cleave: string;
  readonly python: string;
  readonly model: string;
  /** What commands write, removed after each. */
  readonly scratch: string;
  /** Results that stay: the folder of a split, one without training state, a recombined model. */
  readonly kept: { readonly split: string; readonly weights: string; readonly model: string };
}

/** Makes what is kept, before anything is timed. */
export function preparations(places: Places, { group }: Model): string[][] {
  const { node, cleave, model, kept } = places;
  const split = [node, cleave, "split", model];
  return [
    ...(writesLittle(group)
      ? []
      : [
          [...split, "--out", kept.split],
          [node, cleave, "recombine", kept.split, "--out", kept.model],
        ]),
    [...split, "--no-training", "--out", kept.weights],
  ];
}

/** The commands that are measured on a model. */
export function commandsFor(places: Places, model: Model): Command[] {
  const { node, cleave, python, kept, scratch } = places;
  const script = (name: string) => [python, join(import.meta.dirname, "python", name)];
  const split = [node, cleave, "split", places.model, "--out", join(scratch, "parts")];
  const ending = model.file.slice(model.file.lastIndexOf("."));
  const written = join(scratch, `model${ending}`);
  const all: Record<CommandName, string[]> = {
    "cleave split": split,
    "cleave split --no-training": [...split, "--no-training"],
    "cleave recombine": [node, cleave, "recombine", kept.split, "--out", written],
    "cleave inspect": [node, cleave, "inspect", places.model],
    "cleave scan": [node, cleave, "scan", places.model],
    "cleave verify": [node, cleave, "verify", kept.split, "--against", places.model],
    "h5py weights out": [...script("h5py_weights_out.py"), places.model, join(scratch, "parts")],
    "h5py weights back": [...script("h5py_weights_back.py"), kept.split, written],
    Keras: [...script("keras_parts.py"), places.model, join(scratch, "parts")],
    "cp split": copy(kept.split, scratch, false),
    "cp && sync split": copy(kept.split, scratch, true),
    "cp weights": copy(kept.weights, scratch, false),
    "cp && sync weights": copy(kept.weights, scratch, true),
    "cp model": copy(kept.model, scratch, false),
    "cp && sync model": copy(kept.model, scratch, true),
  };
  return commandNames
    .filter((name) => !leftOut(model.group).has(name))
    .map((name) => ({ name, argv: all[name] }));
}

/** --reflink=never: bytes are written, also where a file system could share them. */
function copy(from: string, scratch: string, sync: boolean): string[] {
  const cp = ["cp", "--reflink=never", "--recursive", from, join(scratch, "copy")];
  const [file, ...args] = sync
    ? ["/bin/sh", "-c", '"$@" && sync', "sh", "/bin/cp", ...cp.slice(1)]
    : ["/bin/cp", ...cp.slice(1)];
  return [file, ...args];
}

/** Of the sparse model only a third is written a few times: all of it is 20 GB for each command. */
function writesLittle(group: Group): boolean {
  return group === "sparse";
}

function leftOut(group: Group): ReadonlySet<CommandName> {
  if (group === "h5" || group === "keras") return new Set();
  const always: CommandName[] = ["cp split", "cp weights", "cp model"];
  if (group === "sizes") return new Set(always);
  // Without training state there is nothing that h5py could put back but the weights, and of the
  // sparse model Keras would hold more than there is memory.
  if (group === "tensors") {
    return new Set([
      ...always,
      "h5py weights back",
      "Keras",
      "cp && sync weights",
      "cp && sync model",
      "cleave split --no-training",
    ]);
  }
  return new Set([
    ...always,
    "cleave split",
    "cleave recombine",
    "cleave verify",
    "h5py weights back",
    "Keras",
    "cp && sync split",
    "cp && sync model",
  ]);
}
