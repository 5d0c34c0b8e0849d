import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { pythonWith } from "../../local/processes/python-with.ts";
import { kerasPython } from "../models.ts";

/** The Python of Keras and h5py, with boto3 beside them. */
export function pythonWithBoto3(): { python: string; variables: Record<string, string> } {
  const lock = join(import.meta.dirname, "boto3.lock");
  const boto3 = dirname(dirname(pythonWith("boto3", lock, ["3.11", "3.12", "3.13"])));
  const [packages] = globSync(join(boto3, "lib", "python3*", "site-packages"));
  if (packages === undefined) throw new Error(`There are no packages in ${boto3}.`);
  const { python, variables } = kerasPython();
  return { python, variables: { ...variables, PYTHONPATH: packages } };
}
