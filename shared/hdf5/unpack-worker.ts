import { parentPort, workerData } from "node:worker_threads";
import { CleaveError } from "../errors.ts";
import type { UnpackJob, UnpackResult } from "./unpack-job.ts";
import { unpackWithH5wasm } from "./unpack-with-h5wasm.ts";

/** The thread that h5wasm runs in, so that it can be stopped and what it changes stays with it. */
async function run(): Promise<UnpackResult> {
  try {
    await unpackWithH5wasm(workerData as UnpackJob);
    return { done: true };
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof CleaveError)
      return { done: false, code: error.code, rule: error.rule, message };
    const isSystem = (error as NodeJS.ErrnoException).syscall !== undefined;
    return { done: false, code: isSystem ? "IO" : "INTERNAL", message };
  }
}

// A port of Node's has no origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage(await run());
