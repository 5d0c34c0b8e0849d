import type { Target } from "../targets.ts";
import { verbs, type Verb } from "./commands.ts";
import { cellOf, medianOf, seenOf, type Measured } from "./results.ts";
import type { Seen } from "./requests.ts";

const MiB = 1024 * 1024;

/** One verb on one model. */
interface Case {
  readonly on: string;
  readonly model: Measured;
  readonly verb: Verb;
  /** On the double. */
  readonly seen: Seen;
}

interface Asked {
  readonly what: string;
  readonly of: (one: Case) => boolean;
  /** What is compared with the limit; undefined where it was not measured. */
  readonly value: (one: Case) => number | undefined;
  readonly limit: number;
  /** Whether the limit is the least, not the most. */
  readonly least?: boolean;
  readonly shown: (value: number, one: Case) => string;
}

const asked: readonly Asked[] = [
  {
    what: "at most 6 MiB sent of each multipart object",
    of: (one) => isTimed(one) && one.seen.multipartObjects > 0,
    value: ({ seen }) => seen.sentOfObject / MiB,
    limit: 6,
    shown: (value) => `${value.toFixed(2)} MiB`,
  },
  {
    what: "at most 16 KiB of metadata read per tensor",
    of: isTimed,
    value: ({ seen, model }) => seen.metadata.bytes / 1024 / model.tensors,
    limit: 16,
    shown: (value) => `${value.toFixed(2)} KiB`,
  },
  {
    what: "at most 1.5 GETs of metadata per tensor",
    of: isTimed,
    value: ({ seen, model }) => seen.metadata.gets / model.tensors,
    limit: 1.5,
    shown: (value) => value.toFixed(2),
  },
  ...(["20GB", "1.2GB", "100MB"] as const).map((group): Asked => ({
    what: `at least 64 reads in flight, split at ${group.replace(/(?=[MG]B)/, " ")}`,
    of: ({ verb, model }) => verb === "split" && model.group === group,
    value: ({ seen, model }) => Math.max(seen.readsAtOnce, model.far.split?.readsAtOnce ?? 0),
    limit: 64,
    least: true,
    shown: (value) => `${value}`,
  })),
  ...(["20GB", "1.2GB"] as const).flatMap((group): Asked[] => {
    const limit = group === "20GB" ? 0.1 : 1;
    const name = group === "20GB" ? "20 GB" : "1.2 GB";
    const of = ({ model }: Case): boolean => model.group === group;
    const shown = (value: number): string => `${value.toFixed(3)} %`;
    return [
      {
        what: `under ${limit} % of the bytes through the process at ${name}`,
        of,
        value: ({ seen, model }) => (100 * (seen.read + seen.sent)) / model.bytes,
        limit,
        shown,
      },
      {
        what: `the same, in each direction`,
        of,
        value: ({ seen, model }) => (100 * Math.max(seen.read, seen.sent)) / model.bytes,
        limit,
        shown,
      },
    ];
  }),
  {
    what: "a chain of at most 3 requests per group level + 8",
    of: () => true,
    value: ({ model, verb }) =>
      (model.far[verb]?.causalChain ?? Number.NaN) / (3 * model.levels + 8),
    limit: 1,
    shown: (_value, { model, verb }) =>
      `${model.far[verb]?.causalChain} of ${3 * model.levels + 8}`,
  },
  {
    what: "at most 160 MB of memory at 20 GB",
    of: ({ model }) => model.group === "20GB",
    value: ({ model, verb }) => {
      const { runs } = cellOf(model, "double", "cleave", verb)!;
      return Math.max(...runs.map(({ rss }) => rss / 1e6));
    },
    limit: 160,
    shown: (value) => `${value.toFixed(0)} MB`,
  },
  {
    what: "runs in a control group of 256 MiB at 20 GB",
    of: ({ model }) => model.group === "20GB",
    value: ({ model, verb }) => {
      const peak = model.limited[verb]?.peak;
      return peak === undefined ? undefined : peak / MiB;
    },
    limit: 256,
    shown: (value, { model, verb }) =>
      `${value.toFixed(0)} MiB charged, at the limit ${model.limited[verb]?.atLimit} times`,
  },
  {
    what: "at least 10x faster than download, h5py, upload at 1.2 GB, with latency",
    of: ({ model }) => model.group === "1.2GB",
    value: ({ model, verb }) => {
      const [ours, theirs] = (["cleave", "h5py"] as const).map((way) =>
        cellOf(model, "double", way, verb),
      );
      return theirs && ours && medianOf(theirs, "wall") / medianOf(ours, "wall");
    },
    limit: 10,
    least: true,
    shown: (value) => `${value.toFixed(2)}x`,
  },
  {
    what: "at most 2x one GET and one PUT of the weights at 100 MB, with latency",
    of: ({ model }) => model.group === "100MB",
    value: ({ model, verb }) =>
      model.getAndPut === null
        ? undefined
        : medianOf(cellOf(model, "double", "cleave", verb)!, "wall") / model.getAndPut,
    limit: 2,
    shown: (value) => `${value.toFixed(2)}x`,
  },
];

/** What cleave is to keep on S3, and whether these measurements show it. */
export function targetsOf(models: readonly Measured[]): Target[] {
  const cases = models.flatMap((model) =>
    verbs.flatMap((verb): Case[] => {
      const seen = seenOf(cellOf(model, "double", "cleave", verb));
      return seen === undefined ? [] : [{ on: `${verb}, ${model.title}`, model, verb, seen }];
    }),
  );
  return asked.flatMap(({ what, of, value, limit, least = false, shown }): Target[] => {
    const sign = least ? 1 : -1;
    const worst = cases
      .filter(of)
      .flatMap((one) => {
        const found = value(one);
        return found === undefined ? [] : [{ one, found }];
      })
      .toSorted((a, b) => sign * (a.found - b.found))[0];
    if (worst === undefined) return [];
    const { one, found } = worst;
    const met = least ? found >= limit : found <= limit;
    return [{ what, measured: shown(found, one), on: one.on, met }];
  });
}

/** Of the smallest models nearly all is metadata, and nothing is large enough to be copied. */
function isTimed({ model }: Case): boolean {
  return model.group !== "10MB";
}
