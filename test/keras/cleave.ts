import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { recombine } from "../../shared/recombine.ts";
import { split } from "../../shared/split.ts";
import type { Subject } from "./fixtures.ts";

/** What cleave made of a subject, or why it made nothing. */
export interface Cleaved {
  readonly subject: Subject;
  readonly architecture: string;
  readonly weights: string;
  /** Artifacts besides the weights that hold HDF5 objects. */
  readonly others: readonly string[];
  readonly hasAssets: boolean;
  readonly recombined: string;
  readonly error: string | undefined;
}

/** Splits and recombines every subject in this process, a few at a time. */
export async function cleaveAll(
  subjects: readonly Subject[],
  folder: string,
  concurrency: number,
): Promise<Cleaved[]> {
  const results: Cleaved[] = [];
  const queue = subjects.entries();
  const work = async () => {
    for (const [number, subject] of queue) {
      results[number] = await cleaveOne(subject, join(folder, String(number)));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

async function cleaveOne(subject: Subject, folder: string): Promise<Cleaved> {
  mkdirSync(folder, { recursive: true });
  return subject.architecture === undefined
    ? cleaveModel(subject, folder)
    : cleavePair(subject, subject.architecture, folder);
}

async function cleaveModel(subject: Subject, folder: string): Promise<Cleaved> {
  const parts = join(folder, "parts");
  let error = await failure("split", () => split(subject.path, { out: parts }));
  const isV3 = existsSync(join(parts, "model.weights.h5"));
  const recombined = join(folder, isV3 ? "recombined.keras" : "recombined.h5");
  error ??= await failure("recombine", () => recombine({ folder: parts }, { out: recombined }));
  return {
    subject,
    architecture: join(parts, "architecture.json"),
    weights: join(parts, isV3 ? "model.weights.h5" : "model_weights.h5"),
    others: existsSync(parts) ? otherArtifacts(parts) : [],
    hasAssets: existsSync(join(parts, "assets")),
    recombined,
    error,
  };
}

async function cleavePair(
  subject: Subject,
  architecture: string,
  folder: string,
): Promise<Cleaved> {
  const isV3 = subject.path.endsWith(".weights.h5");
  const recombined = join(folder, isV3 ? "recombined.keras" : "recombined.h5");
  const weights = subject.path;
  const error = await failure("recombine", () =>
    recombine({ architecture, weights }, { out: recombined }),
  );
  return { subject, architecture, weights, others: [], hasAssets: false, recombined, error };
}

function otherArtifacts(parts: string): string[] {
  return readdirSync(parts)
    .filter((name) => name.endsWith(".h5") && !/^model[._]weights\.h5$/.test(name))
    .map((name) => join(parts, name));
}

/** Undefined if it succeeded, else what it said. */
async function failure(verb: string, step: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await step();
    return undefined;
  } catch (error) {
    return `${verb} fails: ${error instanceof Error ? error.message : error}`;
  }
}
