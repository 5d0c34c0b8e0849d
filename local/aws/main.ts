import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { deploymentOf } from "../../cli/deployment.ts";
import { bold, dim } from "../../cli/terminal/colour.ts";
import { deployLocally, type LocalDeployment } from "./deployment.ts";

/** `npm run local:aws`: the stack on an AWS of this machine, until Ctrl-C. */
const { values } = parseArgs({ options: { port: { type: "string", default: "4566" } } });
const folder = mkdtempSync(join(tmpdir(), "cleave-aws-"));
const started = Date.now();
const onProgress = (text: string): void => {
  console.log(dim(`${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s  ${text}`));
};
try {
  const deployment = await deployLocally({ folder, port: Number(values.port), onProgress });
  onProgress("ready");
  console.log(await greeting(deployment));
  await new Promise<void>((end) => {
    process.once("SIGINT", () => end());
    process.once("SIGTERM", () => end());
  });
  await deployment.localStack.stop();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function greeting({ environment, stack, localStack }: LocalDeployment): Promise<string> {
  Object.assign(process.env, environment);
  const { ModelsBucket, ArtifactsBucket, BatchStateMachine } = await deploymentOf(stack);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return `
${bold("Cleave is deployed on this machine.")}

  endpoint          ${localStack.url}
  models bucket     s3://${ModelsBucket}
  artifacts bucket  s3://${ArtifactsBucket}
  logs              ${folder}

In another terminal:

  export ${variables.join(" ")}
  aws s3 cp model.keras s3://${ModelsBucket}/
  npx cleave where s3://${ModelsBucket}/model.keras --stack ${stack}
  npx cleave invoke inspect s3://${ModelsBucket}/model.keras --stack ${stack}
  aws stepfunctions start-execution --state-machine-arn ${BatchStateMachine} --input '{"kind":"split"}'

${dim("Ctrl-C ends it, and nothing of it stays.")}
`;
}
