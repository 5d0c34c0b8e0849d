import { quote } from "../../errors.ts";
import type { Foreign, Opened } from "./foreign.ts";

/** A header that is a Python dictionary in text (numpy/lib/format.py, "Format Version 1.0"). */
export function npy({ text }: Opened): Foreign {
  const dtype = /'descr': '([^']*)'/.exec(text)?.[1];
  const shape = /'shape': (\([^()]*\))/.exec(text)?.[1];
  const facts = [dtype, shape].filter((fact) => fact !== undefined).map((fact) => quote(fact, 60));
  return {
    is: `one numpy array (.npy${facts.length === 0 ? "" : `: ${facts.join(", ")}`}), which has no architecture`,
    advice: 'Set it into the Keras model, call model.save("model.keras") and give that file',
  };
}
