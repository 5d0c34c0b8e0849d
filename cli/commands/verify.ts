import { verify as verifyFolder, type Verification } from "../../shared/verify.ts";
import { readArguments } from "../arguments.ts";
import { printJson } from "../json.ts";
import type { Command } from "../main.ts";
import { bold, green, red } from "../terminal/colour.ts";
import { number, plain } from "../terminal/format.ts";
import { withProgress } from "../terminal/progress.ts";
import { firstRows, table } from "../terminal/table.ts";

const help = `cleave verify DIR [options]

Reads a folder of cleave split again: sizes and checksums of all artifacts, the manifest's table
of tensors, and, as a second opinion, what h5wasm (libhdf5) sees in them. With --against, every
tensor's bytes, all attributes and texts are compared with a model file.

  --against MODEL  the model file the folder is to be the split of
  --stats          look for NaN and infinite numbers in every tensor
  --json           one JSON document instead of text

  cleave verify resnet.cleave
  cleave verify resnet.cleave --against resnet.keras
`;

export const verify: Command = {
  help,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      {
        against: { type: "string" },
        stats: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
      { names: ["DIR"], required: 1 },
    );
    const { against } = values;
    const result = await withProgress((onProgress) =>
      verifyFolder(positionals[0]!, { against, statistics: values.stats, onProgress }),
    );
    if (values.json) printJson({ command: "verify", ...result });
    else process.stdout.write(report(result));
    return result.ok ? 0 : 1;
  },
};

const mostProblems = 20;

function report({ folder, against, training, ok, checks }: Verification): string {
  const columns = [
    { title: "check" },
    { title: "compared", align: "right" as const },
    { title: "" },
    { title: "bytes", align: "right" as const },
    { title: "result" },
  ];
  const told = checks.filter(({ compared, problems }) => compared > 0 || problems.length > 0);
  const rows = told.map(({ name, of, compared, bytes, problems }) => [
    name,
    number(compared),
    of,
    bytes > 0 ? number(bytes) : "",
    problems.length === 0 ? green("same") : red(`${number(problems.length)} differ`),
  ]);
  const { shown, more } = firstRows(
    checks.flatMap(({ problems }) => problems),
    mostProblems,
  );
  const problems = [
    ...shown.map(plain),
    ...(more > 0 ? [`… and ${more} more; --json has all.`] : []),
  ];
  const verdict = ok
    ? `${bold(folder)} is intact${against === null ? "" : ` and holds all of ${against}${training ? "" : " but its training state"}, byte for byte`}.`
    : red(
        `${folder} is not ${against === null ? "intact" : `intact or not the split of ${against}`}.`,
      );
  return [
    table(columns, rows),
    ...problems.map((problem) => `${problem}\n`),
    `\n${verdict}\n`,
  ].join("");
}
