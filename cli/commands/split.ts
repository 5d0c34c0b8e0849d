import { CleaveError } from "../../shared/errors.ts";
import { manifestFile } from "../../shared/manifest/names.ts";
import {
  summarise,
  type ArtifactKind,
  type ArtifactSummary,
  type SplitSummary,
} from "../../shared/manifest/summary.ts";
import { below, folderOf, nameOf } from "../../shared/stores/location.ts";
import { split as splitModel, type SplitResult } from "../../shared/split.ts";
import { readArguments } from "../arguments.ts";
import { printJson } from "../json.ts";
import { policyFile } from "../policy-file.ts";
import type { Command } from "../main.ts";
import { bold, yellow } from "../terminal/colour.ts";
import { count, number, plain, shellQuote } from "../terminal/format.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import { withProgress } from "../terminal/progress.ts";
import { table } from "../terminal/table.ts";
import { transferLines } from "../terminal/transfer.ts";
import { writer } from "../terminal/writer.ts";

const help = `cleave split MODEL [options]

Reads a Keras model file (.keras, .h5; known by its content) and writes what it is made of:
  architecture.json                      for model_from_json of the Keras that wrote the model
  model.weights.h5 or model_weights.h5   for load_weights; weights and nothing else
  training.h5                            optimizer and metric state, where there is any
  assets/…                               vocabularies
  manifest.json                          what is where; written last

  --out DIR         the folder to write into; NAME.cleave beside the model by default
  --no-training     leave out optimizer state and training configuration
  --max-shard-size SIZE
                    divide the weights of a .keras among files of at most so many bytes of
                    tensors (2GB, 500MB; a number alone is GiB, as in Keras), which load_weights("model.weights.json") of Keras 3.10 and later takes
  --digest sha256   record the SHA-256 of every tensor and of the model file
  --policy F        a model that this policy keeps away is not split (docs/security.md)
  --force           replace what the folder holds
  --json            one JSON document instead of text

  cleave split resnet.keras
  cleave split old.h5 --out parts --no-training
  cleave split resnet.keras --json | jq .manifest.totals
  cleave split s3://models/resnet.keras --out s3://artifacts/resnet
`;

export const split: Command = {
  help,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      {
        out: { type: "string" },
        "no-training": { type: "boolean", default: false },
        digest: { type: "string" },
        "max-shard-size": { type: "string" },
        policy: { type: "string" },
        force: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
      { names: ["MODEL"], required: 1 },
    );
    const [model] = positionals as [string];
    const { digest } = values;
    if (digest !== undefined && digest !== "sha256") {
      throw new CleaveError("USAGE", `--digest takes sha256, not "${digest}".`);
    }
    const policy = policyFile(values.policy);
    const signal = interruptSignal();
    const result = await withProgress((onProgress) =>
      splitModel(model, {
        out: values.out ?? defaultFolder(model),
        training: !values["no-training"],
        digest: digest ?? null,
        maxShardSize: byteSize(values["max-shard-size"]),
        force: values.force,
        policy,
        onProgress,
        signal,
      }),
    );
    if (values.json) printJson({ command: "split", ...result });
    else process.stdout.write(splitReport(summarise(result.manifest), result));
    return 0;
  },
};

const units: Readonly<Record<string, number>> = {
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  // As Keras counts max_shard_size.
  "": 2 ** 30,
};

function byteSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([kmg]i?b)?$/i.exec(text) ?? [];
  const size = Math.floor(Number(amount) * units[(unit ?? "").toLowerCase()]!);
  if (size > 0) return size;
  throw new CleaveError("USAGE", `--max-shard-size takes a size such as 2GB, not "${text}".`);
}

function defaultFolder(model: string): string {
  const name = nameOf(model).replace(/\.(keras|h5|hdf5)$/i, "");
  return below(folderOf(model), `${name}.cleave`);
}

/** What is said of a split, wherever it was made. */
export function splitReport(
  { key, size, model, totals, findings, scan, artifacts }: SplitSummary,
  { folder, existing, transfer }: Pick<SplitResult, "folder" | "existing" | "transfer">,
): string {
  const rows = artifacts.map((artifact) => [
    plain(artifact.file),
    number(artifact.size),
    artifact.crc32,
    contents(artifact),
  ]);
  rows.push([manifestFile, "", "", "what is where"]);
  const facts = [
    `${plain(model.class)}${model.name === null ? "" : ` "${plain(model.name)}"`}`,
    count(totals.layers, "layer"),
    count(totals.parameters, "parameter"),
    writer(model.family, { version: model.kerasVersion, backend: model.backend }),
  ];
  const columns = [
    { title: "artifact" },
    { title: "bytes", align: "right" as const },
    { title: "crc32" },
    { title: "holds" },
  ];
  const next = `cleave recombine ${shellQuote(folder)} --out NEW${model.family === "v3" ? ".keras" : ".h5"}`;
  return [
    `${bold(plain(key))}: ${facts.join(", ")}\n\n`,
    table(columns, rows),
    ...findings.map((message) => yellow(`\nThe model does not fit itself: ${plain(message)}.`)),
    ...scanLines(scan),
    ...(transfer === null
      ? []
      : [`\n${transferLines(existing ? "looked at" : "split", size, transfer)}`]),
    existing
      ? `\nThis split stands in ${folder} already; nothing was written.\n`
      : `\nIn ${folder}. Together again: ${next}\n`,
  ].join("");
}

/** What the table does not show: the scan of the model, where it has found something that counts. */
function scanLines({ verdict, findings }: SplitSummary["scan"]): string[] {
  if (verdict === "clean" || verdict === "notice") return [];
  const said = findings.map(({ id, message }) => `\n  ${id} ${plain(message)}`).join("");
  return [yellow(`\nThe model is ${verdict} (cleave scan):${said}\n`)];
}

const meanings: Readonly<Record<ArtifactKind, string>> = {
  architecture: "the architecture, for model_from_json",
  weights: "for load_weights",
  shard: "",
  training: "of training state",
  asset: "an asset",
  "other objects": "HDF5 objects that are not Keras's",
  "other member": "an archive member that is not Keras's",
};

function contents({ holds, tensors }: ArtifactSummary): string {
  const meaning = meanings[holds];
  if (tensors === null) return meaning;
  return `${count(tensors, "tensor")}${holds === "weights" ? "," : ""} ${meaning}`.trimEnd();
}
