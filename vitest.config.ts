import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Where clients of AWS are made once for a process, as the functions have them. */
const withOwnProcess = ["test/functions/**/*.test.ts"];
/** Where every fixture is gone through once more: counting each branch taken doubles the time. */
const withoutCoverage = [
  "test/hdf5/fixtures.test.ts",
  "test/keras-layers/fixtures.test.ts",
  "test/keras-layers/mutations.test.ts",
  "test/verbs/by-name.test.ts",
  "test/verbs/round-trip.test.ts",
];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: "100%",
    // Commands that tests start find what others compiled.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/node", import.meta.url)),
    },
    projects: [
      {
        extends: true,
        test: {
          name: "tests",
          include: ["test/**/*.test.ts"],
          exclude: [...withOwnProcess, ...withoutCoverage],
          isolate: false,
        },
      },
      { extends: true, test: { name: "functions", include: withOwnProcess } },
      { extends: true, test: { name: "fixtures", include: withoutCoverage, isolate: false } },
    ],
    coverage: {
      include: ["shared/**/*.ts"],
      reporter: ["text-summary", "json"],
      thresholds: { lines: 95 },
    },
  },
});
