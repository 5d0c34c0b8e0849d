import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { build } from "esbuild";
import { buildFunctions, common, requireBanner } from "../functions/build.ts";

rmSync("dist", { recursive: true, force: true });
await buildFunctions();

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
  // Clients of AWS that are loaded when called have names to import by as modules alone.
  mainFields: ["module", "main"],
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
