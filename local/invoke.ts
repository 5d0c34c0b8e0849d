import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { endWithUsage, scriptArguments } from "./processes/script-options.ts";
import { startPipeline } from "./pipeline/pipeline.ts";
import { functionOf, makeTrue, readSampleEvent, type SampleEvent } from "./sample-event.ts";

/** `npm run invoke -- events/split.json`: calls a function with a sample event, on this machine. */
const names = readdirSync(fileURLToPath(new URL("../events", import.meta.url)))
  .filter((name) => !name.startsWith("nightly"))
  .map((name) => `  npm run invoke -- events/${name}`);
const usage = `npm run invoke -- EVENT, of a file whose name begins with that of a function:\n\n${names.join("\n")}`;

const { positionals } = scriptArguments({}, { names: ["EVENT"], required: 1 }, usage);
const [argument] = positionals as [string];
const path = resolve(process.env["INIT_CWD"] ?? process.cwd(), join(argument));
if (!existsSync(path)) endWithUsage(`There is no file ${path}.`, usage);
if (functionOf(path) === undefined) endWithUsage(`${path} is no event of a function.`, usage);
process.env["POWERTOOLS_LOG_LEVEL"] ??= "INFO";
const sample = readSample();
const pipeline = await startPipeline({ trigger: false, versions: sample.versions });
try {
  const event = await makeTrue(pipeline, sample);
  console.log(JSON.stringify(await pipeline.invoke(sample.function, event), null, 2));
} catch (error) {
  console.error(`${(error as Error).name}: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await pipeline.close();
}

function readSample(): SampleEvent {
  try {
    return readSampleEvent(path);
  } catch (error) {
    return endWithUsage(`${path} is no event: ${(error as Error).message}.`, usage);
  }
}
