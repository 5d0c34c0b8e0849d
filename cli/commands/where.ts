import { CleaveError } from "../../shared/errors.ts";
import { verdictFile } from "../../shared/pipeline/places.ts";
import { whereIs, type ModelState, type Whereabouts } from "../../shared/pipeline/where.ts";
import { isS3 } from "../../shared/stores/location.ts";
import { readArguments } from "../arguments.ts";
import { deploymentOf, output } from "../deployment.ts";
import { printJson } from "../json.ts";
import type { Command } from "../main.ts";
import { bold, yellow } from "../terminal/colour.ts";
import { plain } from "../terminal/format.ts";

const help = `cleave where s3://BUCKET/KEY --stack NAME [options]

Says where the artifacts of a model on S3 are, and in what state. Exit code 1 where they are not
complete.

  split         complete
  outdated      complete, and made by an older Cleave: the next night makes them anew
  quarantined   the policy keeps the model away; verdict.json in its folder says why
  failed        it cannot be split, and why
  skipped       it is no whole model: weights, a shard, HDF5 of another program
  waiting       none of these yet: it is under way, or its event was lost
  deleted       the model was there, and is no more
  absent        there is no trace of such a model

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
    return complete.includes(found.state) ? 0 : 1;
  },
};

const complete: readonly ModelState[] = ["split", "outdated"];

/** What to know or to do of a state. */
const advice: Readonly<Partial<Record<ModelState, string>>> = {
  outdated:
    "An older Cleave has made them. The next night makes them anew; to have it now: cleave invoke split.",
  waiting:
    "It is not split yet: it is under way, or its event was lost. To try it now: cleave invoke split.",
  deleted: "It was there, and was deleted.",
  absent: "No such model was uploaded. Check the key.",
};

function report({ model, state, folder, error, latest }: Whereabouts): string {
  const lines = [`${bold(plain(model))}: ${state}`];
  if (complete.includes(state)) lines.push(plain(folder!));
  if (advice[state] !== undefined) lines.push(advice[state]);
  if (error !== null) {
    const why = `${error.code}: ${plain(error.message)}`;
    lines.push(state === "skipped" ? why : yellow(why));
  }
  if (state === "quarantined") lines.push(`All findings: ${plain(folder!)}/${verdictFile}`);
  if (latest !== null) {
    const version = latest.model.version ?? latest.model.etag;
    lines.push(`Split last was the version ${plain(version)}: ${plain(latest.folder)}`);
  }
  return `${lines.join("\n")}\n`;
}
