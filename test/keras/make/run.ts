import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { environments, pythonOf } from "../environments.ts";

/** Makes the extra fixtures again: `node test/keras/make/run.ts [WRITER [ID …]]`. */

const WRITERS: Readonly<Record<string, string>> = {
  "keras-3.15.1-jax": "keras3",
  "keras-3.15.1-tensorflow": "tf",
  "tf_keras-2.21.0": "tf",
  "tensorflow-2.13.1": "tf213",
};
const FIXTURES = join(import.meta.dirname, "..", "..", "fixtures");

const [only, ...ids] = process.argv.slice(2);
for (const [writer, environment] of Object.entries(WRITERS)) {
  if (only === undefined || only === writer) {
    python(environment, ["write.py", writer, FIXTURES, ...ids]);
  }
}
python("keras3", ["index.py", "numpy", FIXTURES]);
python("tf", ["index.py", "tensorflow", FIXTURES]);

function python(name: string, [script, ...args]: [string, ...string[]]): void {
  const environment = environments.find((one) => one.name === name);
  const executable = environment && pythonOf(environment);
  if (environment === undefined || executable === undefined) {
    throw new Error(`There is no environment "${name}" on this machine.`);
  }
  const { status } = spawnSync(executable, [join(import.meta.dirname, script), ...args], {
    stdio: "inherit",
    env: { ...process.env, ...environment.variables, PYTHONDONTWRITEBYTECODE: "1" },
  });
  if (status !== 0) throw new Error(`${script} ${args.join(" ")}: exit ${status}`);
}
