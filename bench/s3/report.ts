import { table } from "../table.ts";
import { verbs, ways, type Way } from "./commands.ts";
import {
  cellOf,
  medianOf,
  seenOf,
  type Cell,
  type Measured,
  type Results,
  type ServerName,
} from "./results.ts";
import { targetsOf } from "./targets.ts";

const wayTitles: Record<Way, string> = {
  cleave: "cleave",
  h5py: "boto3, h5py, boto3",
  Keras: "boto3, Keras, boto3",
};

const serverTitles: Record<ServerName, string> = {
  double: "our server, 20 ms, 90 MB/s",
  versitygw: "versitygw, loopback",
};

/** bench/s3/README.md, the whole of it. */
export function reportOf({ machine, models }: Results): string {
  const timed = models.filter(({ group }) => group !== "10MB");
  const parts = [
    introduction,
    `## Targets\n\n${targetTable(models)}\n\n${aboutTargets}`,
    ...timed.map((model) => `## ${heading(model)}\n\n${timeTable(model)}`),
    `## Requests\n\n${requestTable(models)}\n\n${aboutRequests}`,
    `## Waiting\n\n${chainTable(models)}\n\n${aboutChains}`,
    method,
    machineText(machine, models),
  ];
  return `${parts.join("\n\n")}\n`;
}

const introduction = `# Benchmark on S3

\`npm run bench:s3\` measures and writes this file, [results.json](results.json) (every run) and
[docs/cost.md](../../docs/cost.md). Whole processes, start to end.`;

const aboutTargets = `"Worst on" is over verbs, formats and sizes from 100 MB on (below, nothing is large enough for S3 to
copy), for chains all sizes. A split of few tensors has no 64 reads to make at a time. Bytes through the process are those read and those sent, together
and then the larger of the two: a first part of an object has 5 MiB at least, so what is fresh in it
is sent with tensors that were read for that, about 10 MiB for each of the two objects of a split.
The weights of the GET and PUT are the weights alone, a third of the model: the rest is the state of
Adam. The time of the server for MD5 and CRC-32 of what it copies is in its answers.`;

const aboutRequests = `By the log of our server, of the last run. Metadata is what is read before anything is written.`;

const aboutChains = `The longest chain of requests of which each began after the one before it had ended, by the server's
log. On a server that answers after 20 ms some of them follow each other by chance or because the
process was busy. On one that answers after 300 ms there is little chance; there, a request that
began while as many of its kind were under way as the command allows itself (128 reads, 64 copies)
counts as asked when that limit was reached. Rounds: the time on that server, from the first request to
the last answer, divided by 300 ms. Targets are held against the chain at 300 ms.`;

const method = `## What is measured

| | what it does |
|---|---|
| cleave | \`cleave split s3://… --out s3://…\`, \`cleave recombine s3://… --out s3://…\`, the built command |
| boto3, h5py, boto3 | [s3_today.py](../python/s3_today.py): \`download_file\`, the parts or the model with h5py, \`upload_file\` |
| boto3, Keras, boto3 | [s3_keras_today.py](../python/s3_keras_today.py): \`load_model\`, \`to_json\`, \`save_weights\` between them |
| our server | [local/s3](../../local/s3), in a process of its own: 20 ms before each answer, bodies at 90 MB/s each; what it copies takes it no time but that of checksums |
| versitygw | Versity's gateway over a folder, without latency or limit; copies are real |

The commands take turns: all of them once, then all of them again; one such round warms up and is not
counted. What a command wrote is removed, and memory touched, before the next one. Processor time and
peak memory are the command's alone, from \`wait4\`.

The models of 10 MB, 100 MB and 1.2 GB are trained for one step with Adam and saved by Keras 3. Those
of 20 GB have the tree and layout that h5py gives a model of Keras, with holes where the tensors are;
they are not downloaded, since that measures the disk. The control group counts page cache as well.

What no server on this machine shows: how fast S3 copies, how it throttles, and what it answers late
or twice.`;

function heading({ title, bytes, tensors }: Measured): string {
  return `${title}: ${bytes.toLocaleString("en")} bytes, ${tensors.toLocaleString("en")} tensors`;
}

function targetTable(models: readonly Measured[]): string {
  const rows = targetsOf(models).map(({ what, measured, on, met }) => [
    what,
    measured,
    on,
    met ? "met" : "**not met**",
  ]);
  return table(["target", "measured", "worst on", ""], rows);
}

function timeTable(model: Measured): string {
  const rows = (["double", "versitygw"] as const).flatMap((server) =>
    verbs.flatMap((verb) =>
      ways.flatMap((way) => {
        const cell = cellOf(model, server, way, verb);
        if (cell === undefined) return [];
        const ours = cellOf(model, server, "cleave", verb)!;
        const ratio = medianOf(cell, "wall") / medianOf(ours, "wall");
        const times = way === "cleave" ? "" : `${ratio.toPrecision(3)}x`;
        return [[`${verb}: ${wayTitles[way]}`, serverTitles[server], ...figures(cell), times]];
      }),
    ),
  );
  const header = ["command", "server", "wall, s", "CPU, s", "memory, MB", "wall / cleave"];
  const getAndPut =
    model.getAndPut === null
      ? ""
      : `\n\nOne GET and one PUT of the weights (${inBytes(model.weights)}) on our server: ` +
        `${model.getAndPut.toFixed(2)} s.`;
  return `${table(header, rows)}${notesOf(model)}${getAndPut}`;
}

function figures(cell: Cell): string[] {
  return [
    medianOf(cell, "wall").toFixed(2),
    medianOf(cell, "cpu").toFixed(2),
    (medianOf(cell, "rss") / 1e6).toFixed(0),
  ];
}

/** What cleave says that it could not do the cheap way. */
function notesOf({ cells }: Measured): string {
  const notes = cells.flatMap(({ server, verb, runs }) =>
    (runs.at(-1)?.said?.notes ?? []).map((note) => `${verb}, ${serverTitles[server]}: "${note}"`),
  );
  return notes.length === 0 ? "" : `\n\n${notes.join("\n\n")}`;
}

function requestTable(models: readonly Measured[]): string {
  const rows = models.flatMap((model) =>
    verbs.flatMap((verb) =>
      (["cleave", "h5py"] as const).flatMap((way) => {
        const seen = seenOf(cellOf(model, "double", way, verb));
        if (seen === undefined) return [];
        const { requests, read, sent, copied, metadata } = seen;
        const all = Object.values(requests).reduce((sum, each) => sum + each, 0);
        const gets = requests["GetObject"] ?? 0;
        const copies = requests["UploadPartCopy"] ?? 0;
        return [
          [
            `${model.title}, ${verb}: ${wayTitles[way]}`,
            ...[all, gets, copies].map(String),
            ...[read, sent, copied].map(inBytes),
            way === "cleave" ? `${metadata.gets}, ${inBytes(metadata.bytes)}` : "",
          ],
        ];
      }),
    ),
  );
  const header = ["", "requests", "GETs", "copies", "read", "sent", "copied", "metadata"];
  return table(header, rows);
}

function chainTable(models: readonly Measured[]): string {
  const rows = models.flatMap((model) =>
    verbs.flatMap((verb) => {
      const near = seenOf(cellOf(model, "double", "cleave", verb));
      const far = model.far[verb];
      if (near === undefined || far === undefined) return [];
      return [
        [
          `${model.title}, ${verb}`,
          `${model.levels}`,
          ...[near.chain, far.chain, far.causalChain].map(String),
          (far.seconds / 0.3).toFixed(1),
          `${near.readsAtOnce} / ${far.readsAtOnce}`,
        ],
      ];
    }),
  );
  const header = [
    "",
    "group levels",
    "chain at 20 ms",
    "at 300 ms",
    "without limits",
    "rounds",
    "reads at once, 20 / 300 ms",
  ];
  return table(header, rows);
}

function machineText(machine: Results["machine"], models: readonly Measured[]): string {
  const dates = [...new Set(models.map(({ measuredOn }) => measuredOn))].toSorted();
  const counts = models.flatMap(({ cells }) => cells.map(({ runs }) => runs.length));
  const memory = (machine.memory / 2 ** 30).toFixed(0);
  return `## The machine

${machine.processor}, ${machine.cores} cores for the command and the server, ${memory} GiB of memory,
${machine.system}, ${machine.fileSystem}. Node ${machine.node}, Python ${machine.python}, Keras ${machine.keras}, h5py ${machine.h5py}.
Measured on ${dates.join(", ")}; medians of ${Math.max(...counts)} runs, at 20 GB of one.`;
}

function inBytes(bytes: number): string {
  if (bytes === 0) return "0";
  if (bytes >= 1e9) return `${(bytes / 1e9).toPrecision(3)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toPrecision(3)} MB`;
  return `${(bytes / 1e3).toPrecision(3)} kB`;
}
