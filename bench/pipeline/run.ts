import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { functionNames } from "../../functions/names.ts";
import { callFunction } from "../../local/pipeline/functions.ts";
import { nightly } from "../../local/pipeline/nightly.ts";
import {
  environmentOf,
  makeBuckets,
  modelsBucket,
  startPipeline,
} from "../../local/pipeline/pipeline.ts";
import { spreadOf } from "../statistics.ts";
import { table } from "../table.ts";

/**
 * `npm run bench:pipeline`: the time from an upload to its manifest, and models a minute of a nightly
 * batch. The functions are in this process; for the batch, S3 is in another one.
 */
const root = join(import.meta.dirname, "../..");
const model = join(root, "test/fixtures/keras-3.15.1-jax/classic.keras");
const latency = 20;
const uploads = 30;
const models = 200;

const starts = measureStarts();
const first = await measureUploads();
const batches = await measureBatches(first.port);
writeFileSync(join(import.meta.dirname, "README.md"), report());
console.log("written to bench/pipeline/README.md");

interface Start {
  readonly name: string;
  /** Of the bundle, in bytes. */
  readonly size: number;
  readonly milliseconds: number;
  readonly megabytes: number;
}

/** Loads each bundle in a process of its own, as Lambda does before the first event. */
function measureStarts(): Start[] {
  return functionNames.map((name) => {
    const bundle = join(root, "dist/functions", name, "index.mjs");
    const code = `const began = performance.now(); await import(${JSON.stringify(bundle)});
      console.log(JSON.stringify([performance.now() - began, process.memoryUsage().rss / 1e6]));`;
    const runs = Array.from({ length: 5 }, () => {
      const args = ["--input-type=module", "--eval", code];
      return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as [
        number,
        number,
      ];
    });
    const of = (at: 0 | 1): number => spreadOf(runs.map((run) => run[at])).median;
    return { name, size: statSync(bundle).size, milliseconds: of(0), megabytes: of(1) };
  });
}

/** Milliseconds from the answer to the upload until all is there. */
async function measureUploads(): Promise<{
  readonly cold: number;
  readonly warm: number;
  readonly port: string;
}> {
  const pipeline = await startPipeline({ latency });
  const took: number[] = [];
  for (let at = 0; at < uploads; at += 1) {
    await pipeline.s3.putFile(modelsBucket, `${at}.keras`, model);
    const began = performance.now();
    await pipeline.uploads.idle();
    took.push(performance.now() - began);
  }
  await pipeline.close();
  const { port } = new URL(pipeline.s3.url);
  return { cold: took[0]!, port, warm: spreadOf(took.slice(1)).median };
}

interface Batch {
  readonly concurrency: number;
  readonly what: string;
  /** In seconds. */
  readonly wall: number;
  readonly cpu: number;
}

/** @param port that the functions know already */
async function measureBatches(port: string): Promise<Batch[]> {
  const args = ["local/s3/main.ts", "--latency", `${latency}`, "--port", port];
  const server = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const [url] = (await once(server.stdout, "data")) as [Buffer];
  Object.assign(process.env, environmentOf(url.toString().trim()));
  const client = new S3Client({ forcePathStyle: true });
  await makeBuckets(client);
  const Body = readFileSync(model);
  const measured: Batch[] = [];
  for (const concurrency of [1, 4, 16]) {
    const prefix = `at-${concurrency}/`;
    for (let at = 0; at < models; at += 1) {
      await client.send(
        new PutObjectCommand({ Bucket: modelsBucket, Key: `${prefix}${at}.keras`, Body }),
      );
    }
    for (const what of ["split", "unchanged"]) {
      const [began, cpu] = [performance.now(), process.cpuUsage()];
      await nightly({ client, invoke: callFunction }, { prefix, force: false, concurrency });
      const used = process.cpuUsage(cpu);
      const wall = (performance.now() - began) / 1000;
      measured.push({ concurrency, what, wall, cpu: (used.user + used.system) / 1e6 });
    }
  }
  server.kill();
  return measured;
}

function report(): string {
  const rows = batches.map(({ concurrency, what, wall, cpu }) => [
    `${concurrency}`,
    what,
    Math.round((models * 60) / wall).toLocaleString("en"),
    wall.toFixed(1),
    `${Math.round((cpu / wall) * 100)} %`,
  ]);
  const header = ["at a time", "outcome", "models a minute", "wall, s", "processor time / wall"];
  return `# Benchmark of the pipeline

\`npm run bench:pipeline\` measures and writes this file. The functions run in one process of this machine,
on our S3 server, which answers after ${latency} ms. Lambda starts more processes, and takes its own time to
deliver events: what is measured is what our part of it takes.

## From an upload to its manifest

${first.cold.toFixed(0)} ms for the first, with the functions not loaded yet; ${first.warm.toFixed(0)} ms (median of ${uploads - 1}) after that.

## Cold starts

${table(
  ["function", "bundle, MB", "init, ms", "memory, MB"],
  starts.map(({ name, size, milliseconds, megabytes }) => [
    name,
    (size / 1e6).toFixed(2),
    milliseconds.toFixed(0),
    megabytes.toFixed(0),
  ]),
)}

Medians of 5. h5wasm lies beside the bundle, and is loaded for files that need it.

## A nightly batch of ${models} small models

${table(header, rows)}

Most of a model's time is waiting for S3: processor time is what our code, and the SDK below it, takes, of
one process. With more at a time it is what bounds this one process; on AWS each item has its own.

Node ${process.versions.node}, ${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, shared with the server.
Measured on ${new Date().toISOString().slice(0, 10)}, with the classic model of the README (120 kB).
`;
}
