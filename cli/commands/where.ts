import { CleaveError } from "../../shared/errors.ts";
import { whereIs, type Whereabouts } from "../../shared/pipeline/where.ts";
import { isS3 } from "../../shared/stores/location.ts";
import { readArguments } from "../arguments.ts";
import { deploymentOf, output } from "../deployment.ts";
import { printJson } from "../json.ts";
import type { Command } from "../main.ts";
import { bold, yellow } from "../terminal/colour.ts";
import { plain } from "../terminal/format.ts";

const help = `cleave where s3://BUCKET/KEY --stack NAME [options]

Says where the artifacts of a model on S3 are, and in what state: split, failed (and why), waiting,
or gone. Exit code 1 where they are not complete.

  --stack NAME         the deployed stack, for its artifacts bucket
  --artifacts BUCKET   the artifacts bucket itself, in place of --stack
  --json               one JSON document instead of text

  cleave where s3://models/resnet.keras --stack Cleave
`;

export const where: Command = {
  help,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      {
        stack: { type: "string" },
        artifacts: { type: "string" },
        json: { type: "boolean", default: false },
      },
      { names: ["MODEL"], required: 1 },
    );
    const [model] = positionals as [string];
    if (!isS3(model)) throw new CleaveError("USAGE", `"${model}" is no s3://bucket/key.`);
    const { stack, artifacts } = values;
    if ((stack === undefined) === (artifacts === undefined)) {
      throw new CleaveError("USAGE", "Either --stack or --artifacts is needed.");
    }
    const bucket = artifacts ?? output(await deploymentOf(stack!), stack!, "ArtifactsBucket");
    const found = await whereIs(model, bucket);
    if (values.json) printJson({ command: "where", ...found });
    else process.stdout.write(report(found));
    return found.state === "split" ? 0 : 1;
  },
};

function report({ model, state, folder, error, latest }: Whereabouts): string {
  const lines = [`${bold(plain(model))}: ${state}`];
  if (state === "split") lines.push(plain(folder!));
  if (state === "waiting") {
    lines.push("It is not split yet, or it is no whole model. To try it now: cleave invoke split.");
  }
  if (error !== null) lines.push(yellow(`${error.code}: ${plain(error.message)}`));
  if (latest !== null) {
    const version = latest.model.version ?? latest.model.etag;
    lines.push(`Split last was the version ${plain(version)}: ${plain(latest.folder)}`);
  }
  return `${lines.join("\n")}\n`;
}
