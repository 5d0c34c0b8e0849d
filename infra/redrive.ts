import { SQSClient, StartMessageMoveTaskCommand } from "@aws-sdk/client-sqs";
import { deploymentOf, output } from "../cli/deployment.ts";
import { scriptOptions } from "../local/processes/script-options.ts";

/** `npm run redrive -- --stack Cleave`: has uploads that were given up delivered once more. */
const { stack } = scriptOptions(
  { stack: { type: "string", default: "Cleave" } },
  "npm run redrive -- [--stack NAME]",
);
try {
  const SourceArn = output(await deploymentOf(stack), stack, "DeadLetterQueueArn");
  const client = new SQSClient({ useQueueUrlAsEndpoint: false });
  await client.send(new StartMessageMoveTaskCommand({ SourceArn }));
  console.log(`The dead letters of ${stack} are moved back to its queue of uploads.`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
