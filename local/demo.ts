import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bold, dim } from "../cli/terminal/colour.ts";
import { endWithUsage, scriptArguments } from "./processes/script-options.ts";
import { startFront } from "./pipeline/front.ts";
import { artifactsBucket, modelsBucket, startPipeline } from "./pipeline/pipeline.ts";
import { whereIs } from "../shared/pipeline/where.ts";
import type { ObjectCreatedEvent } from "./s3/server.ts";

/**
 * `npm start`: uploads a model, whose event has the function split it; has it recombined; and
 * verifies that nothing changed. The functions are the deployed ones, S3 is the server of local/s3.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const usage = "npm start -- [MODEL]";
const { positionals } = scriptArguments({}, { names: ["MODEL"], required: 0 }, usage);
const [argument] = positionals;
const model =
  argument === undefined
    ? join(root, "test/fixtures/keras-3.15.1-jax/classic.keras")
    : resolve(process.env["INIT_CWD"] ?? process.cwd(), argument);

if (!existsSync(model)) endWithUsage(`There is no file ${model}.`, usage);

const events: ObjectCreatedEvent[] = [];
const pipeline = await startPipeline({ onUpload: (event) => void events.push(event) });
const front = await startFront(pipeline, 0);
try {
  await demonstrate();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await front.close();
  await pipeline.close();
}

async function demonstrate(): Promise<void> {
  const uploaded = await upload(basename(model), model);
  const { folder } = await whereIs(uploaded, artifactsBucket);
  await cleave("inspect", uploaded);
  await cleave("where", uploaded, "--stack", "local");
  await cleave("verify", folder!, "--against", uploaded);

  const suffix = /\.keras$/i.test(uploaded) ? ".keras" : ".h5";
  const again = `s3://${artifactsBucket}/recombined/again${suffix}`;
  await cleave("invoke", "recombine", folder!, "--out", again, "--stack", "local");
  const parts = `s3://${artifactsBucket}/again`;
  await cleave("split", again, "--out", parts);
  await cleave("verify", parts, "--against", uploaded);
  console.log(
    dim(`${basename(model)} → artifacts → ${again}: the same model. Your file was not touched.`),
  );
}

/** @returns the location without the version, which is long to look at */
async function upload(key: string, path: string): Promise<string> {
  const location = `s3://${modelsBucket}/${key}`;
  console.log(bold(`$ aws s3 cp ${key} ${location}`));
  await pipeline.s3.putFile(modelsBucket, key, path);
  await pipeline.uploads.idle();
  const [event] = events;
  if (event === undefined) {
    throw new Error(`${key} is no *.keras, *.h5 or *.hdf5: nothing waits for it.`);
  }
  const { object, reason } = event.detail;
  const { state, error } = await whereIs(location, artifactsBucket);
  console.log(
    `${event["detail-type"]} (${reason}), ${object.size.toLocaleString("en")} bytes → split-on-upload: ${state}\n`,
  );
  if (state === "split") return location;
  throw new Error(error?.message ?? `${key} was not split: POWERTOOLS_LOG_LEVEL=INFO says why.`);
}

/** In a process of its own, as everybody has it. */
async function cleave(...args: string[]): Promise<void> {
  console.log(bold(`$ cleave ${args.join(" ")}`));
  const env = { ...process.env, AWS_ENDPOINT_URL: front.url, AWS_ENDPOINT_URL_S3: front.url };
  const command = spawn(process.execPath, [join(root, "cli/main.ts"), ...args], {
    env,
    stdio: "inherit",
  });
  const status = await new Promise((end) => command.once("close", end));
  console.log();
  if (status !== 0) throw new Error(`cleave ${args[0]} ended with ${String(status)}.`);
}
