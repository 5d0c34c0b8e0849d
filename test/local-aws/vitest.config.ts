import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** `npm run test:local`: the deployed pipeline, on an AWS of this machine. One thing at a time. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL("../..", import.meta.url)),
    include: ["test/local-aws/**/*.scenario.ts"],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 480_000,
  },
});
