import { quote } from "../../errors.ts";
import type { FileStart } from "./file-start.ts";

/**
 * One array; its header is a Python dictionary in text (numpy/lib/format.py, "Format Version 1.0").
 */
export function describeNpy({ text }: FileStart): string {
  const dtype = /'descr': '([^']*)'/.exec(text)?.[1];
  const shape = /'shape': (\([^()]*\))/.exec(text)?.[1];
  const facts = [dtype, shape].filter((fact) => fact !== undefined).map((fact) => quote(fact, 60));
  const isPickle = dtype?.includes("O") ? "; its objects are a Python pickle" : "";
  const what = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
  return `one numpy array${what}, without a model around it${isPickle}; set it into the model it belongs to and save that with model.save("model.keras")`;
}
