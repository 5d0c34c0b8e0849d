import { billed, prices } from "../../shared/pipeline/prices.ts";
import { table } from "../table.ts";
import { verbs, type Verb } from "./commands.ts";
import { cellOf, medianOf, seenOf, type Measured, type Results } from "./results.ts";
/** The parts in which boto3 downloads and uploads. */
const boto3Part = 8 * 1024 * 1024;

interface Bill {
  readonly gets: number;
  readonly writes: number;
  /** Gigabyte-seconds of a function with as much memory as the command took. */
  readonly gigabyteSeconds: number | undefined;
}

/** docs/cost.md, the whole of it. */
export function costPage({ models }: Results): string {
  const rows = models.flatMap((model) =>
    verbs.flatMap((verb) => [
      row(model, verb, "cleave", billOf(model, verb, "cleave")),
      row(model, verb, "download, convert, upload", billOf(model, verb, "h5py")),
    ]),
  );
  const header = [
    "",
    "",
    "GET, HEAD",
    "PUT, COPY, POST, LIST",
    "requests, $",
    "GB-seconds",
    "compute, $",
    "together, $",
  ];
  return `# What it costs

\`npm run bench:s3\` writes this page from the requests that it counts. All numbers are for **1,000
models**, in US dollars, in us-east-1, S3 Standard.

${table(header, rows)}

Prices as known in ${prices.asOf}, to be checked against the current list before they are relied on:
$${(prices.write * 1000).toFixed(3)} for 1,000 PUT, COPY, POST and LIST, $${(prices.read * 1000).toFixed(4)} for 1,000 GET and all other requests,
transfer within the region free, $${prices.gigabyteSecond} for a GB-second of Lambda on arm64. Part
uploads and copies are billed as PUT and COPY; aborting and deleting are free.

- **Requests** are counted by the log of our own server; download, convert, upload is boto3 with its
  parts of 8 MiB. At 20 GB that was not run: its requests are computed from the sizes of the objects.
  1 GB is measured at 1.2 GB.
- **Compute** is the wall time of the command on our server with 20 ms for each request and 90 MB/s for
  each stream, in a function with the peak memory of the command rounded up to 128 MB, 256 MB at
  least. At 20 GB the other way needs a machine with a disk: Lambda has at most 10,240 MB.
- **Storage** is the same for both ways, and is not in the table: what is written has the size of what is
  read, and an upload that nobody completed or aborted costs until a lifecycle rule ends it.

## What only a real account can prove

- how long UploadPartCopy takes: our server copies by reference, so at 20 GB its times are no times of
  S3; compute at 20 GB is shown for what this process does besides;
- that 128 reads and 64 copies at a time are not throttled (503 SlowDown), and what it costs if they are:
  requests that are sent again are billed again;
- that the bill counts requests as the log does;
- latency and rates of S3 from a function of a given memory, whose processor and network shares grow
  with it;
- buckets in different regions, where each byte copied is paid for, and objects encrypted by KMS,
  where each request may be one to KMS as well.
`;
}

function billOf(model: Measured, verb: Verb, way: "cleave" | "h5py"): Bill {
  const cell = cellOf(model, "double", way, verb);
  const seen = seenOf(cell);
  if (cell === undefined || seen === undefined) return computed(model, verb);
  const { reads, writes } = billed(seen.requests);
  const memory = Math.max(2, Math.ceil(medianOf(cell, "rss") / (128 * 1024 * 1024))) / 8;
  return {
    gets: reads,
    writes,
    gigabyteSeconds: 1000 * memory * medianOf(cell, "wall"),
  };
}

/** boto3: a HEAD and parts for each object that is read, parts and two more for each written. */
function computed({ bytes, weights }: Measured, verb: Verb): Bill {
  const parts = (size: number): number => Math.ceil(size / boto3Part);
  const split = parts(weights) + parts(bytes - weights);
  const read = verb === "split" ? parts(bytes) + 1 : split + 2 + 2 * 2;
  const written = verb === "split" ? split + 2 * 2 + 1 : parts(bytes) + 2 + 1;
  return { gets: read, writes: written, gigabyteSeconds: undefined };
}

function row(model: Measured, verb: Verb, way: string, bill: Bill): string[] {
  const { gets, writes, gigabyteSeconds } = bill;
  const requests = 1000 * (gets * prices.read + writes * prices.write);
  const compute = gigabyteSeconds && gigabyteSeconds * prices.gigabyteSecond;
  return [
    `${model.title}, ${verb}`,
    way,
    (1000 * gets).toLocaleString("en"),
    (1000 * writes).toLocaleString("en"),
    requests.toFixed(2),
    gigabyteSeconds === undefined ? "not run" : Math.round(gigabyteSeconds).toLocaleString("en"),
    compute === undefined ? "" : compute.toFixed(3),
    compute === undefined ? "" : (requests + compute).toFixed(2),
  ];
}
