import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { functionNames } from "../functions/names.ts";
import { build, type BuildOptions } from "esbuild";

rmSync("dist", { recursive: true, force: true });

const common: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node20.15",
  format: "esm",
  minify: true,
  legalComments: "none",
};

// Some packages are CommonJS and ask for Node's modules by require.
const requireBanner = {
  js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
};

// What a verb needs is in chunks that are loaded when it is called, so that the command itself is
// small and --version prompt. h5wasm (4 MB) stays a package of its own.
await build({
  ...common,
  entryPoints: { cleave: "cli/main.ts", "unpack-worker": "shared/hdf5/unpack-worker.ts" },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  external: ["h5wasm"],
  define: { UNPACK_WORKER: '"../unpack-worker.mjs"' }, // from a chunk
  banner: requireBanner,
});
await build({
  ...common,
  entryPoints: { index: "shared/index.ts" },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  packages: "external",
  define: { UNPACK_WORKER: '"./unpack-worker.mjs"' },
});
// One folder for each function, whole: the worker, with h5wasm in it, is loaded when it is needed.
for (const name of functionNames) {
  await build({
    ...common,
    target: "node24",
    entryPoints: { index: `functions/${name}.ts`, "unpack-worker": "shared/hdf5/unpack-worker.ts" },
    outdir: `dist/functions/${name}`,
    outExtension: { ".js": ".mjs" },
    define: { UNPACK_WORKER: '"./unpack-worker.mjs"' },
    banner: requireBanner,
    mainFields: ["module", "main"],
  });
}
await build({
  ...common,
  entryPoints: { cdk: "infra/cdk.ts" },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  packages: "external",
  define: { FUNCTIONS_FOLDER: '"./functions"' },
});
for (const project of ["tsconfig.types.json", "tsconfig.types.cdk.json"]) {
  execFileSync("tsc", ["--project", project], { stdio: "inherit" });
}
