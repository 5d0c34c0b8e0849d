import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes docs/pipeline.svg, the picture of docs/pipeline.md: `node docs/draw-pipeline.ts`. */

interface Box {
  readonly x: number;
  readonly y: number;
  readonly lines: readonly string[];
  readonly kind: "bucket" | "service" | "function" | "person";
}

const width = 150;
const height = 52;

const boxes = {
  upload: { x: 20, y: 40, lines: ["upload"], kind: "person" },
  invoke: { x: 20, y: 150, lines: ["cleave invoke", "or any caller"], kind: "person" },
  clock: { x: 20, y: 260, lines: ["Scheduler", "every night"], kind: "service" },
  models: { x: 210, y: 40, lines: ["models bucket"], kind: "bucket" },
  queue: { x: 400, y: 40, lines: ["EventBridge → SQS", "dead letters"], kind: "service" },
  machine: { x: 400, y: 260, lines: ["Step Functions", "distributed map"], kind: "service" },
  onUpload: { x: 590, y: 40, lines: ["split-on-upload"], kind: "function" },
  onDemand: { x: 590, y: 150, lines: ["split, recombine,", "inspect"], kind: "function" },
  batch: { x: 590, y: 260, lines: ["batch-item,", "batch-report"], kind: "function" },
  artifacts: {
    x: 780,
    y: 150,
    lines: ["artifacts bucket", "split/ recombined/", "reports/"],
    kind: "bucket",
  },
  events: { x: 780, y: 40, lines: ["cleave.ModelSplit", "EventBridge"], kind: "service" },
  alarms: { x: 780, y: 260, lines: ["alarms, reports", "SNS"], kind: "service" },
} as const satisfies Record<string, Box>;

type Name = keyof typeof boxes;

const arrows: readonly (readonly [from: Name, to: Name])[] = [
  ["upload", "models"],
  ["models", "queue"],
  ["queue", "onUpload"],
  ["invoke", "onDemand"],
  ["clock", "machine"],
  ["machine", "batch"],
  ["onUpload", "artifacts"],
  ["onUpload", "events"],
  ["onDemand", "artifacts"],
  ["batch", "artifacts"],
  ["batch", "alarms"],
];

writeFileSync(join(import.meta.dirname, "pipeline.svg"), picture());

function picture(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 950 350" role="img" aria-label="Uploads, calls and a schedule have functions split and recombine models between two buckets">
<style>
  text { font: 13px system-ui, sans-serif; fill: #1b2733; text-anchor: middle; }
  .note { font-size: 12px; fill: #5b6b7b; }
  rect, ellipse { stroke: #8a9bab; stroke-width: 1.2; }
  .bucket { fill: #e3f1e3; } .service { fill: #f2edfa; } .function { fill: #fdeeda; } .person { fill: #ffffff; }
  path { stroke: #5b6b7b; stroke-width: 1.4; fill: none; marker-end: url(#head); }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" style="fill:#5b6b7b;stroke:none;marker-end:none"/></marker></defs>
<rect width="950" height="350" rx="8" fill="#fbfcfd" stroke="none"/>
${arrows.map(([from, to]) => arrow(boxes[from], boxes[to])).join("\n")}
${Object.values(boxes).map(draw).join("\n")}
<text class="note" x="475" y="335">Tensors are copied from bucket to bucket by S3 itself; functions read names and places, and write headers.</text>
</svg>
`;
}

function draw({ x, y, lines, kind }: Box): string {
  const first = y + height / 2 + 5 - ((lines.length - 1) * 16) / 2;
  const texts = lines.map(
    (line, at) => `<text x="${x + width / 2}" y="${first + at * 16}">${line}</text>`,
  );
  const radius = kind === "person" ? height / 2 : 6;
  const tall = Math.max(height, lines.length * 16 + 18);
  const top = y - (tall - height) / 2;
  return `<rect class="${kind}" x="${x}" y="${top}" width="${width}" height="${tall}" rx="${radius}"/>${texts.join("")}`;
}

function arrow(from: Box, to: Box): string {
  const [x1, y1] = [from.x + width, from.y + height / 2];
  const [x2, y2] = [to.x - 2, to.y + height / 2];
  const middle = (x1 + x2) / 2;
  return `<path d="M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}"/>`;
}
