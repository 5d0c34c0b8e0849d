import type { CommandName } from "./commands.ts";
import type { Measured } from "./results.ts";
import { summaryOf, type Summary } from "./statistics.ts";

export interface Target {
  readonly what: string;
  readonly measured: string;
  /** The worst of the models it was measured on. */
  readonly on: string;
  readonly met: boolean;
}

const MB = 1_000_000;
const MOST_MEMORY = 120 * MB;

/** What cleave is to keep, and whether these measurements show it. */
export function targetsOf(models: readonly Measured[]): Target[] {
  const large = models.filter(({ group }) => group === "h5" || group === "keras");
  return [
    atMost(
      "`split --no-training` is no slower than the h5py script",
      models.filter(({ group }) => group !== "tensors"),
      ratio("cleave split --no-training", "h5py weights out", wall),
      1,
    ),
    atMost(
      "`split` within 2x of `cp && sync` of what it writes",
      large,
      ratio("cleave split", "cp && sync split", wall),
      2,
    ),
    atMost(
      "`split --no-training` within 2x of `cp && sync` of what it writes",
      large,
      ratio("cleave split --no-training", "cp && sync weights", wall),
      2,
    ),
    atMost(
      "`recombine` within 2x of `cp && sync` of what it writes",
      large,
      ratio("cleave recombine", "cp && sync model", wall),
      2,
    ),
    atMost(
      "`scan` adds at most a tenth of `split` to what `inspect` reads",
      large,
      (model) => beyondInspect(model, "cleave split"),
      0.1,
    ),
    mostMilliseconds(models),
    ...mostMemory(models),
    atLeast("10x less CPU than Keras", large, ratio("Keras", "cleave split", cpu), 10),
    atLeast("20x less memory than Keras", large, ratio("Keras", "cleave split", rss), 20),
  ].filter((target) => target !== undefined);
}

type Quantity = (summary: Summary) => number;
type Measure = (model: Measured) => number | undefined;

const wall: Quantity = (summary) => summary.wall.median;
const cpu: Quantity = (summary) => summary.cpu.median;
const rss: Quantity = (summary) => summary.rss.median;

function ratio(of: CommandName, to: CommandName, quantity: Quantity): Measure {
  return (model) => {
    const [above, below] = [summaryIn(model, of), summaryIn(model, to)];
    return above && below && quantity(above) / quantity(below);
  };
}

/** Wall time of scan without that of inspect, which opens the same model, as a share of another command's. */
function beyondInspect(model: Measured, of: CommandName): number | undefined {
  const [scan, inspect, whole] = (["cleave scan", "cleave inspect", of] as const).map((name) =>
    summaryIn(model, name),
  );
  return scan && inspect && whole && (wall(scan) - wall(inspect)) / wall(whole);
}

const MOST_MILLISECONDS = 100;

/** Of models of 100 MB and less. */
function mostMilliseconds(models: readonly Measured[]): Target | undefined {
  const typical = models.filter(({ bytes, group }) => bytes <= 101 * MB && group === "sizes");
  const found = worst(
    typical,
    (model) => {
      const [scan, inspect] = [summaryIn(model, "cleave scan"), summaryIn(model, "cleave inspect")];
      return scan && inspect && (wall(scan) - wall(inspect)) * 1000;
    },
    1,
  );
  if (found === undefined) return undefined;
  return {
    what: `\`scan\` of a typical model adds at most ${MOST_MILLISECONDS} ms to \`inspect\``,
    measured: `${found.value.toFixed(0)} ms`,
    on: found.on,
    met: found.value <= MOST_MILLISECONDS,
  };
}

export function summaryIn({ commands }: Measured, name: CommandName): Summary | undefined {
  const runs = commands[name];
  return runs === undefined || runs.length === 0 ? undefined : summaryOf(runs);
}

function atMost(what: string, models: readonly Measured[], measure: Measure, limit: number) {
  return judged(what, worst(models, measure, 1), (value) => value <= limit);
}

function atLeast(what: string, models: readonly Measured[], measure: Measure, limit: number) {
  return judged(what, worst(models, measure, -1), (value) => value >= limit);
}

interface Worst {
  readonly value: number;
  readonly on: string;
}

function worst(models: readonly Measured[], measure: Measure, sign: 1 | -1): Worst | undefined {
  return models
    .flatMap((model) => {
      const value = measure(model);
      return value === undefined ? [] : [{ value, on: model.title }];
    })
    .toSorted((a, b) => sign * (b.value - a.value))[0];
}

function judged(
  what: string,
  found: Worst | undefined,
  isMet: (value: number) => boolean,
): Target | undefined {
  if (found === undefined) return undefined;
  return { what, measured: `${found.value.toFixed(2)}x`, on: found.on, met: isMet(found.value) };
}

/** The most that any run of any verb held. */
function mostMemory(models: readonly Measured[]): Target[] {
  const peaks = models.flatMap((model) =>
    Object.entries(model.commands)
      .filter(([name]) => name.startsWith("cleave"))
      .map(([name, runs]) => ({
        on: `${name}, ${model.title}`,
        value: summaryOf(runs).rss.maximum,
      })),
  );
  const peak = peaks.toSorted((a, b) => b.value - a.value)[0];
  if (peak === undefined) return [];
  return [
    {
      what: "at most 120 MB of memory, whatever the size",
      measured: `${(peak.value / MB).toFixed(0)} MB`,
      on: peak.on,
      met: peak.value <= MOST_MEMORY,
    },
  ];
}
