import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CleaveError } from "#shared/errors.ts";
import { endWithUsage } from "../../local/processes/script-options.ts";
import { environments, pythonOf } from "../keras/environments.ts";
import { hdf5Within } from "../support/hdf5-files.ts";
import { seenByUs, type SeenByBoth } from "./ours.ts";

/**
 * `npm run test:differential [FOLDER…]`: h5py and our reader on every file that we accept, of the
 * fixtures, the hostile files, the fuzzing corpus, and of further folders: tree, types, bytes.
 */
const test = join(import.meta.dirname, "..");
const further = process.argv.slice(2);
const absent = further.find((folder) => !existsSync(folder));
if (absent !== undefined) {
  endWithUsage(`There is no folder ${absent}.`, "npm run test:differential -- [FOLDER…]");
}
const folders = [
  ...["fixtures", "hostile", "hostile-files", "hdf5/packed", "fuzz/corpus"].map((name) =>
    join(test, name),
  ),
  ...further,
];
const work = mkdtempSync(join(tmpdir(), "cleave-differential-"));

interface Accepted {
  readonly file: string;
  /** The HDF5 that it is or holds. */
  readonly hdf5: string;
  readonly ours: Readonly<Record<string, SeenByBoth>>;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => /\.(?:keras|h5|hdf5|bin)$/.test(path) && statSync(path).isFile());
}

async function accept(file: string, index: number): Promise<Accepted | undefined> {
  try {
    const hdf5 = join(work, `${index}.h5`);
    writeFileSync(hdf5, await hdf5Within(file, readFileSync(file)));
    return { file, hdf5, ours: await seenByUs(hdf5) };
  } catch (error) {
    // What we refuse nobody has to agree with; an archive without weights has no HDF5.
    if (error instanceof CleaveError || error instanceof TypeError) return undefined;
    throw error;
  }
}

type Answer = { readonly objects: Record<string, SeenByBoth> } | { readonly error: string };

function askH5py(paths: readonly string[]): Answer[] {
  const python = pythonOf(environments.find(({ name }) => name === "keras3")!)!;
  const { stdout, status } = spawnSync(python, [join(import.meta.dirname, "h5py_tree.py")], {
    input: paths.map((path) => `${path}\n`).join(""),
    encoding: "utf8",
    maxBuffer: 1024 * 1024 * 1024,
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`h5py ended with ${status}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}

/** Types that numpy has other names for are compared by their bytes alone. */
const comparable = /^(?:(?:float|int|uint|complex|S|V)\d+|bool|string)$/;

/** numpy has no floats that are not IEEE's: h5py makes other ones of them. */
function isConverted({ dtype }: { readonly dtype: string | null }): boolean {
  return dtype?.startsWith("nonstandard float") ?? false;
}

function differences(ours: Accepted["ours"], theirs: Accepted["ours"]): string[] {
  const paths = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...paths].flatMap((path) => {
    const [mine, other] = [ours[path], theirs[path]];
    if (mine === undefined || other === undefined) return [`${path}: seen by one alone`];
    const isNamed = mine.dtype === null || comparable.test(mine.dtype);
    return [
      ...(isNamed && mine.dtype !== other.dtype ? [`${path}: ${mine.dtype}, ${other.dtype}`] : []),
      ...(String(mine.shape) === String(other.shape)
        ? []
        : [`${path}: ${mine.shape}, ${other.shape}`]),
      ...(mine.sha256 === other.sha256 || isConverted(mine) ? [] : [`${path}: other bytes`]),
      ...attributeDifferences(path, mine.attributes, other.attributes),
    ];
  });
}

function attributeDifferences(
  path: string,
  ours: SeenByBoth["attributes"],
  theirs: SeenByBoth["attributes"],
): string[] {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names].flatMap((name) => {
    const [mine, other] = [ours[name], theirs[name]];
    const isNamed = comparable.test(mine?.split(" ")[1] ?? "");
    return mine === other || (mine !== undefined && !isNamed && mine !== "empty")
      ? []
      : [`${path}, attribute ${JSON.stringify(name)}: ${mine}, ${other}`];
  });
}

let failed = 0;
let objects = 0;
let silent = 0;
try {
  const accepted: Accepted[] = [];
  const files = folders.flatMap(filesIn);
  for (const [index, file] of files.entries()) {
    const found = await accept(file, index);
    if (found !== undefined) accepted.push(found);
  }
  const answers = askH5py(accepted.map(({ hdf5 }) => hdf5));
  for (const [index, { file, ours }] of accepted.entries()) {
    const answer = answers[index]!;
    if ("error" in answer) {
      silent += 1;
      console.log(`${file}: h5py has no opinion: ${answer.error}`);
      continue;
    }
    objects += Object.keys(ours).length;
    const found = differences(ours, answer.objects);
    if (found.length > 0) failed += 1;
    for (const difference of found.slice(0, 5)) console.log(`${file}: ${difference}`);
  }
  console.log(
    `${files.length} files, ${accepted.length} accepted; h5py agrees on ${accepted.length - silent - failed} with ${objects} objects, has no opinion on ${silent}, differs on ${failed}.`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
