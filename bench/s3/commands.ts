import { join } from "node:path";
import type { Ending } from "./models.ts";
import { bucket } from "./serve.ts";

/** cleave, and what people do today: download, convert with one of these, upload. */
export const ways = ["cleave", "h5py", "Keras"] as const;
export type Way = (typeof ways)[number];

export const verbs = ["split", "recombine"] as const;
export type Verb = (typeof verbs)[number];

/** Where programs are, and keys of objects. */
export interface Places {
  readonly node: string;
  readonly cleave: string;
  readonly python: string;
  readonly model: string;
  /** The parts of the model, made before anything is measured. */
  readonly kept: string;
  /** Where a measured command writes; removed after each. */
  readonly scratch: string;
  readonly ending: Ending;
}

export function commandOf(way: Way, verb: Verb, places: Places): string[] {
  const { python, model, kept, scratch, ending } = places;
  const [source, target] =
    verb === "split" ? [model, `${scratch}/parts`] : [kept, `${scratch}/new${ending}`];
  if (way === "cleave") return cleave(verb, source, target, places);
  if (way === "h5py") return [python, script("s3_today.py"), verb, bucket, source, target];
  return [python, script("s3_keras_today.py"), bucket, source, target];
}

/** Makes what is kept. */
export function preparation(places: Places): string[] {
  return cleave("split", places.model, places.kept, places);
}

/** One GET and one PUT of the weights. */
export function getAndPut(weights: string, { python, scratch }: Places): string[] {
  return [python, script("s3_get_put.py"), bucket, weights, `${scratch}/copy`];
}

export function script(name: string): string {
  return join(import.meta.dirname, "..", "python", name);
}

function cleave(verb: Verb, source: string, target: string, places: Places): string[] {
  const at = (key: string): string => `s3://${bucket}/${key}`;
  return [places.node, places.cleave, verb, at(source), "--out", at(target), "--json"];
}
