import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploymentOf } from "../../cli/deployment.ts";
import { bold, dim } from "../../cli/terminal/colour.ts";
import { scriptNumber, scriptOptions } from "../processes/script-options.ts";
import { deployLocally, type LocalDeployment } from "./deployment.ts";

/** `npm run local:aws`: the stack on an AWS of this machine, until Ctrl-C. */
const usage = "npm run local:aws -- [--port N]";
const values = scriptOptions({ port: { type: "string", default: "4566" } }, usage);
const port = scriptNumber("--port", values.port, { least: 1, most: 65_535, usage });
const folder = mkdtempSync(join(tmpdir(), "cleave-aws-"));
// At `exit` all that was started ends, and a signal alone would not bring it about.
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
let end = (): void => process.exit(1);
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => end());

const onProgress = (text: string): void => {
  console.log(dim(`${Math.round(process.uptime()).toString().padStart(4)} s  ${text}`));
};
try {
  const deployment = await deployLocally({ folder, port, onProgress });
  onProgress("ready");
  console.log(await greeting(deployment));
  const hurry = end;
  await new Promise<void>((ended) => (end = ended));
  end = hurry;
  await deployment.localStack.stop();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
process.exit();

async function greeting({ environment, stack, localStack }: LocalDeployment): Promise<string> {
  const { ModelsBucket, ArtifactsBucket, BatchStateMachine } = await deploymentOf(stack);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return `
${bold("Cleave is deployed on this machine.")}

  endpoint          ${localStack.url}
  models bucket     s3://${ModelsBucket}
  artifacts bucket  s3://${ArtifactsBucket}
  logs              ${folder}, of functions in ${localStack.functionLogs}

In another terminal:

  export ${variables.join(" ")}
  aws s3 cp model.keras s3://${ModelsBucket}/
  npx cleave where s3://${ModelsBucket}/model.keras --stack ${stack}
  npx cleave invoke inspect s3://${ModelsBucket}/model.keras --stack ${stack}
  aws stepfunctions start-execution --state-machine-arn ${BatchStateMachine} --input '{"kind":"split"}'

${dim("Ctrl-C ends it, and nothing of it stays.")}
`;
}
