import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bold, dim } from "../../cli/terminal/colour.ts";
import { CleaveError } from "../../shared/errors.ts";
import { scriptNumber, scriptOptions } from "../processes/script-options.ts";
import { copyObject, describeUpload } from "./describe-upload.ts";
import { startFront } from "./front.ts";
import { nightly } from "./nightly.ts";
import { artifactsBucket, modelsBucket, startPipeline } from "./pipeline.ts";
import { stackSettings } from "./stack-settings.ts";
import { watchFolder } from "./watch-folder.ts";

const usage = `npm run local -- [--port N] [--folder DIR]
npm run local:nightly -- [--prefix PREFIX] [--force] [--folder DIR]`;

/** `npm run local`: the pipeline on this machine, kept running until Ctrl-C. */
const values = scriptOptions(
  {
    port: { type: "string", default: "4599" },
    folder: { type: "string", default: fileURLToPath(new URL("..", import.meta.url)) },
    nightly: { type: "boolean", default: false },
    force: { type: "boolean", default: false },
    prefix: { type: "string", default: "" },
  },
  usage,
);
const port = scriptNumber("--port", values.port, { most: 65_535, usage });
const folders = {
  models: join(values.folder, "models"),
  artifacts: join(values.folder, "artifacts"),
};
for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });

try {
  const settings = stackSettings(fileURLToPath(new URL("../..", import.meta.url)));
  // What the environment says comes first.
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
} catch (error) {
  if (!(error instanceof CleaveError)) throw error;
  console.error(error.message);
  process.exit(2);
}

const pipeline = await startPipeline({
  trigger: !values.nightly,
  onUpload: (event) => {
    if (values.nightly) return;
    void describeUpload(pipeline, event, folders.artifacts).then((line) => console.log(line));
  },
});
const watching = await watchFolder(folders.models, async (path, key) => {
  await pipeline.s3.putFile(modelsBucket, key, path);
});

if (values.nightly) {
  const { prefix, force } = values;
  const { report, counts } = await nightly(pipeline, { prefix, force, concurrency: 4 });
  const page = join(folders.artifacts, "report.html");
  await copyObject(pipeline, report, page);
  const facts = Object.entries(counts).filter(([, count]) => count > 0);
  console.log(`${facts.map(([what, count]) => `${count} ${what}`).join(", ")} → ${page}`);
  await stop();
} else {
  const front = await startFront(pipeline, port).catch((error: Error) => {
    console.error(`${error.message}\nChoose another port: npm run local -- --port 4600`);
    process.exit(1);
  });
  process.once("SIGINT", () => void front.close().then(stop));
  process.once("SIGTERM", () => void front.close().then(stop));
  console.log(greeting(front.url));
}

async function stop(): Promise<void> {
  watching.close();
  await pipeline.close();
}

function greeting(url: string): string {
  return `${bold("Cleave runs on this machine.")} Drop a model into local/models; its artifacts appear in local/artifacts.

  endpoint          ${url}
  models bucket     s3://${modelsBucket}
  artifacts bucket  s3://${artifactsBucket}

In another terminal:

  export AWS_ENDPOINT_URL=${url} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  aws s3 cp model.keras s3://${modelsBucket}/
  npx cleave where s3://${modelsBucket}/model.keras --stack local
  npx cleave invoke inspect s3://${modelsBucket}/model.keras --stack local

${dim("Ctrl-C ends it. What is in the buckets is gone then; local/artifacts stays.")}
`;
}
