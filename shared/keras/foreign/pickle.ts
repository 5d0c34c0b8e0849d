import type { Foreign, Opened } from "./foreign.ts";

/** Libraries whose names stand at the start of what they pickle. */
const makers = ["joblib", "sklearn", "torch", "keras", "pandas", "numpy", "xgboost"] as const;

const unsafe = "which cannot be read without running code in it";

/** Protocols 2 to 5, and 0 and 1 where `oldPickle` has found one (Lib/pickletools.py). */
export function pickle({ text }: Opened): Foreign {
  const maker = makers.find((name) => text.includes(name));
  return {
    is: `a Python pickle${maker === undefined ? "" : ` that names ${maker}`}, ${unsafe}`,
    advice:
      'Where you trust it, load it in Python, call model.save("model.keras") and give that file',
    rule: "KS115",
  };
}

export function torchPickle(): Foreign {
  return {
    is: `PyTorch's file of before version 1.6, a Python pickle, ${unsafe}`,
    advice: "Cleave takes models that Keras saved",
    rule: "KS115",
  };
}

/**
 * Protocols 0 and 1 have no signature: they start with a list, a dictionary or the name of a class,
 * and end with a full stop.
 */
export async function oldPickle(file: Opened): Promise<Foreign | undefined> {
  const start = /^(?:\(?[dl]p\d+\n|[}\]]q\x00|c[\w.]+\n[\w.]+\n(?:[pq(]|\)))/;
  if (!start.test(file.text)) return undefined;
  const [last] = await file.source.read(file.source.size - 1, 1);
  return last === 0x2e ? pickle(file) : undefined;
}
