import { readFileSync } from "node:fs";
import { join } from "node:path";

export const fixturesFolder = join(import.meta.dirname, "..", "fixtures");

/** A model in one file, or (`pair`) an architecture file and a weights file of one model. */
export interface Subject {
  /** `<writer's folder>/<file>`, as the table shows it. */
  readonly name: string;
  readonly folder: string;
  readonly writer: string;
  readonly path: string;
  /** The architecture file of a pair. */
  readonly architecture: string | undefined;
  /** The whole model that the writer made of what the pair holds, in the pair's format. */
  readonly whole: string | undefined;
  readonly record: string;
  readonly io: string;
  readonly needsTensorFlow: boolean;
  /** Plain Keras 3.15.1 predicts y from it. */
  readonly holdsInKeras3: boolean;
  /** The Python whose bytecode a Lambda layer holds. */
  readonly lambdaPython: string | undefined;
  readonly isSixteenBit: boolean;
}

interface IndexEntry {
  readonly dir: string;
  readonly id: string;
  readonly writer: string;
  readonly files: readonly string[];
  readonly record: string;
  readonly io: string;
  readonly max_abs_diff: Readonly<Record<string, number>>;
}

interface ModelRecord {
  readonly python: string;
  readonly needs_tf: boolean;
  readonly layers: readonly { readonly class: string }[];
}

const MODEL = /\.(h5|keras)$/;
const WEIGHTS = /\.(legacyw|weights)\.h5$/;
const SHARD = /_\d{5}\.weights\.h5$/;

/** Every whole model and every pair of `test/fixtures`, in the order of its index. */
export function subjects(): Subject[] {
  const index = readJson(join(fixturesFolder, "index.json")) as IndexEntry[];
  return index.flatMap((entry) => {
    const about = aboutModel(entry);
    const architecture = entry.files.find((file) => file.endsWith(".arch.json"));
    return entry.files.flatMap((file): Subject[] => {
      const difference = entry.max_abs_diff[file];
      const subject = {
        ...about,
        name: `${entry.dir}/${file}`,
        path: join(fixturesFolder, entry.dir, file),
        holdsInKeras3: difference !== undefined && difference <= 1e-4,
      };
      if (WEIGHTS.test(file)) {
        if (architecture === undefined || SHARD.test(file)) return [];
        const beside = join(fixturesFolder, entry.dir, architecture);
        const whole = `${entry.id}${file.endsWith(".weights.h5") ? ".keras" : ".h5"}`;
        return [
          {
            ...subject,
            architecture: beside,
            whole: entry.files.includes(whole) ? join(fixturesFolder, entry.dir, whole) : undefined,
            holdsInKeras3: false,
          },
        ];
      }
      return MODEL.test(file) ? [{ ...subject, architecture: undefined, whole: undefined }] : [];
    });
  });
}

function aboutModel(entry: IndexEntry) {
  const folder = join(fixturesFolder, entry.dir);
  const record = readJson(join(folder, entry.record)) as ModelRecord;
  const hasLambda = record.layers.some((layer) => layer.class === "Lambda");
  return {
    folder: entry.dir,
    writer: entry.writer,
    record: join(folder, entry.record),
    io: join(folder, entry.io),
    needsTensorFlow: record.needs_tf,
    lambdaPython: hasLambda ? record.python.split(".").slice(0, 2).join(".") : undefined,
    isSixteenBit: /^dtype_.*float16$/.test(entry.id),
  };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
