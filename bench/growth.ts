import { chart, type Panel, type Series } from "./chart.ts";
import type { CommandName } from "./commands.ts";
import { commandTitle } from "./report.ts";
import type { Measured } from "./results.ts";
import { summaryIn } from "./targets.ts";

/** The lines of the chart; each keeps its colour in both panels. */
const shown: readonly CommandName[] = [
  "cleave split",
  "cleave split --no-training",
  "cleave recombine",
  "cleave verify",
  "cleave inspect",
  "h5py weights out",
  "cp && sync split",
  "Keras",
];

/** How wall time grows with the size of a model and with the number of its tensors. */
export function growthChart(models: readonly Measured[]): string {
  const legacy = models.filter(({ group }) => ["sizes", "h5", "sparse"].includes(group));
  const counted = models.filter(({ group }) => group === "tensors");
  const panels: Panel[] = [
    {
      title: "By size",
      xLabel: "size of the .h5 model, bytes",
      yLabel: "wall time, seconds",
      xTick: bytesTick,
      series: seriesOf(legacy, ({ bytes }) => bytes),
    },
    {
      title: "By number of tensors",
      xLabel: `tensors, of ${size(counted.at(-1)?.written.weights ?? 0)} in all`,
      yLabel: "wall time, seconds",
      xTick: (value) => value.toLocaleString("en"),
      series: seriesOf(counted, ({ tensors }) => tensors),
    },
  ];
  const entries = shown.map((name) => commandTitle(name).replaceAll("`", ""));
  return chart("How time grows: medians of whole processes", panels, entries);
}

function seriesOf(models: readonly Measured[], x: (model: Measured) => number): Series[] {
  return shown.map((name) => ({
    dashed: !name.startsWith("cleave"),
    points: models
      .flatMap((model) => {
        const summary = summaryIn(model, name);
        return summary ? [{ x: x(model), y: summary.wall.median }] : [];
      })
      .toSorted((a, b) => a.x - b.x),
  }));
}

function bytesTick(value: number): string {
  return value >= 1e9 ? `${value / 1e9} GB` : `${value / 1e6} MB`;
}

function size(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
