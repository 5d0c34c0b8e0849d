#!/usr/bin/env node
// `cleave`: of the package what was built; in a clone the sources, which are never behind and need no build.
import { existsSync } from "node:fs";

const sources = new URL("main.ts", import.meta.url);
if (existsSync(sources)) {
  await import("./check-node.mjs");
  await import(sources.href);
} else {
  await import("../dist/cleave.mjs");
}
