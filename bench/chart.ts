/** A line: the same place in `series` of every panel, and in the legend, is the same line. */
export interface Series {
  readonly dashed: boolean;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A pair of logarithmic axes and the lines between them. */
export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xTick: (value: number) => string;
  readonly series: readonly Series[];
}

const PANEL = { width: 470, height: 330, left: 64, right: 20, top: 78, bottom: 52 };
const LEGEND = { columns: 3, row: 22 };

// Told apart in light and dark, and, with dashes and marks, mostly without colours.
const LIGHT = "#0969da #1b7c83 #8250df #bf3989 #1a7f37 #bc4c00 #59636e #cf222e".split(" ");
const DARK = "#4493f8 #39c5cf #ab7df8 #f778ba #3fb950 #f0883e #9198a1 #ff7b72".split(" ");
const STYLE = `
  .page { fill: #ffffff } text { fill: #1f2328; font: 12px system-ui, sans-serif }
  .grid { stroke: #d8dee4 } .axis { stroke: #59636e; fill: none }
  .title { font-size: 16px; font-weight: 600 } .panel { font-weight: 600 }
  .line { fill: none; stroke-width: 2 } .dashed { stroke-dasharray: 6 4 }
  ${colours(LIGHT)}
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 }
    .grid { stroke: #2d333b } .axis { stroke: #9198a1 }
    ${colours(DARK)}
  }
`;

function colours(list: readonly string[]): string {
  return list
    .map((colour, i) => `.c${i} .line { stroke: ${colour} } .c${i} .mark { fill: ${colour} }`)
    .join(" ");
}

/** An SVG of panels side by side, a legend below. `legend` names the lines in their order. */
export function chart(title: string, panels: readonly Panel[], legend: readonly string[]): string {
  const width = PANEL.width * panels.length;
  const rows = Math.ceil(legend.length / LEGEND.columns);
  const height = PANEL.top + PANEL.height + rows * LEGEND.row + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title><style>${STYLE}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="title" x="${PANEL.left}" y="30">${escaped(title)}</text>`,
    ...panels.map((panel, i) => drawPanel(panel, i * PANEL.width)),
    ...legend.map((name, i) => drawEntry(name, i, width, isDashed(panels, i))),
    "</svg>\n",
  ].join("\n");
}

function isDashed(panels: readonly Panel[], line: number): boolean {
  return panels.some(({ series }) => series[line]?.dashed === true);
}

function drawPanel({ title, xLabel, yLabel, xTick, series }: Panel, from: number): string {
  const left = from + PANEL.left;
  const right = from + PANEL.width - PANEL.right;
  const bottom = PANEL.top + PANEL.height - PANEL.bottom;
  const points = series.flatMap((one) => one.points);
  const middle = (left + right) / 2;
  const heading = `<text class="panel" x="${left}" y="${PANEL.top - 14}">${escaped(title)}</text>`;
  if (points.length === 0) return `${heading}<text x="${left}" y="${bottom}">not measured</text>`;
  const x = logScale(
    points.map((point) => point.x),
    left,
    right,
  );
  const y = logScale(
    points.map((point) => point.y),
    bottom,
    PANEL.top,
  );
  return [
    heading,
    ...x.ticks.map(
      (tick) =>
        `<path class="grid" d="M${place(x.at(tick))} ${PANEL.top}V${bottom}"/>` +
        `<text x="${place(x.at(tick))}" y="${bottom + 18}" text-anchor="middle">` +
        `${escaped(xTick(tick))}</text>`,
    ),
    ...y.ticks.map(
      (tick) =>
        `<path class="grid" d="M${left} ${place(y.at(tick))}H${right}"/>` +
        `<text x="${left - 8}" y="${place(y.at(tick) + 4)}" text-anchor="end">${tick}</text>`,
    ),
    `<path class="axis" d="M${left} ${PANEL.top}V${bottom}H${right}"/>`,
    `<text x="${middle}" y="${bottom + 40}" text-anchor="middle">${escaped(xLabel)}</text>`,
    `<text transform="translate(${from + 16} ${(PANEL.top + bottom) / 2}) rotate(-90)" ` +
      `text-anchor="middle">${escaped(yLabel)}</text>`,
    ...series.map((one, i) => drawLine(one, i, x.at, y.at)),
  ].join("\n");
}

type At = (value: number) => number;

function drawLine({ points, dashed }: Series, line: number, x: At, y: At): string {
  const places = points.map((point) => [place(x(point.x)), place(y(point.y))] as const);
  if (places.length === 0) return "";
  const path = places.map(([across, down]) => `${across} ${down}`).join("L");
  const marks = places.map(([across, down]) => drawMark(across, down, dashed));
  return `<g class="c${line}"><path class="${lineClass(dashed)}" d="M${path}"/>${marks.join("")}</g>`;
}

function drawEntry(name: string, line: number, width: number, dashed: boolean): string {
  const across = PANEL.left + (line % LEGEND.columns) * ((width - PANEL.left) / LEGEND.columns);
  const down = PANEL.top + PANEL.height + 8 + Math.floor(line / LEGEND.columns) * LEGEND.row;
  return (
    `<g class="c${line}"><path class="${lineClass(dashed)}" d="M${across} ${down}h28"/>` +
    drawMark(across + 14, down, dashed) +
    `<text x="${across + 36}" y="${down + 4}">${escaped(name)}</text></g>`
  );
}

function drawMark(across: number, down: number, square: boolean): string {
  return square
    ? `<rect class="mark" x="${place(across - 3.5)}" y="${place(down - 3.5)}" width="7" height="7"/>`
    : `<circle class="mark" cx="${across}" cy="${down}" r="4"/>`;
}

function lineClass(dashed: boolean): string {
  return dashed ? "line dashed" : "line";
}

/** From the smallest to the largest value with a little room; ticks at powers of ten. */
export function logScale(
  values: readonly number[],
  from: number,
  to: number,
): { at: At; ticks: number[] } {
  const low = Math.log10(Math.min(...values)) - 0.15;
  const high = Math.log10(Math.max(...values)) + 0.15;
  const at = (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  const ticks: number[] = [];
  for (let power = Math.ceil(low); power <= high; power += 1) ticks.push(Number(`1e${power}`));
  return { at, ticks };
}

function place(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
