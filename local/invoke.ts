import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startPipeline } from "./pipeline/pipeline.ts";
import { functionOf, makeTrue, readSampleEvent } from "./sample-event.ts";

/** `npm run invoke -- events/split.json`: calls a function with a sample event, on this machine. */
const [argument = ""] = process.argv.slice(2);
const path = resolve(process.env["INIT_CWD"] ?? process.cwd(), join(argument));
if (argument === "" || !existsSync(path) || functionOf(path) === undefined) {
  const events = fileURLToPath(new URL("../events", import.meta.url));
  const names = readdirSync(events).filter((name) => !name.startsWith("nightly"));
  const what = argument === "" ? "Which event?" : `"${argument}" is no event of a function.`;
  console.error(`${what}\n${names.map((name) => `  npm run invoke -- events/${name}`).join("\n")}`);
  process.exit(2);
}
process.env["POWERTOOLS_LOG_LEVEL"] ??= "INFO";
const sample = readSampleEvent(path);
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
