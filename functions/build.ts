import { rmSync } from "node:fs";
import { build, type BuildOptions } from "esbuild";
import { functionNames } from "./names.ts";

/** What all bundles of the project have in common. */
export const common: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node20.15",
  format: "esm",
  minify: true,
  legalComments: "none",
};

/** Some packages are CommonJS and ask for Node's modules by require. */
export const requireBanner = {
  js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
};

/**
 * One folder for each function, whole: the worker, with h5wasm in it, is loaded when it is needed.
 */
export async function buildFunctions(): Promise<void> {
  rmSync("dist/functions", { recursive: true, force: true });
  for (const name of functionNames) {
    await build({
      ...common,
      target: "node24",
      entryPoints: {
        index: `functions/${name}.ts`,
        "unpack-worker": "shared/hdf5/unpack-worker.ts",
      },
      outdir: `dist/functions/${name}`,
      outExtension: { ".js": ".mjs" },
      define: { UNPACK_WORKER: '"./unpack-worker.mjs"' },
      banner: requireBanner,
      mainFields: ["module", "main"],
    });
  }
}

// As cdk.json has it run before each synth.
if (import.meta.main) await buildFunctions();
