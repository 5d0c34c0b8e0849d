/** One folder of `dist/functions` each. */
export const functionNames = [
  "split-on-upload",
  "split",
  "recombine",
  "inspect",
  "batch-item",
  "batch-report",
] as const;

export type FunctionName = (typeof functionNames)[number];
