import { CleaveError } from "../errors.ts";
import * as names from "../manifest/names.ts";
import { configMember, weightsMember } from "../keras/v3.ts";
import { below, isS3, type Location } from "../stores/location.ts";
import type { OpenFiles } from "../stores/open-files.ts";

/** What of a folder is to be scanned, and how much is nothing of Keras's. */
export interface FoundModels {
  readonly models: readonly Location[];
  readonly passedOver: number;
}

/**
 * The models in a folder or below a prefix: files that are called models, or that start as HDF5 or a
 * `.keras` do whatever they are called; folders that are an unpacked `.keras` or a split.
 */
export async function findModels(path: Location, files: OpenFiles): Promise<FoundModels> {
  if (!(await files.isFolder(path))) return { models: [path], passedOver: 0 };
  const store = await files.storeOf(path);
  const listed = new Set(await store.list(path));
  const isOne = await isModelFolder(path, files);
  const folders = isOne ? [""] : modelFolders(listed);
  const models: Location[] = folders.map((folder) => (folder === "" ? path : below(path, folder)));
  let passedOver = 0;
  for (const name of listed) {
    const folder = folders.find((one) => one === "" || name.startsWith(`${one}/`));
    if (folder !== undefined && isOfFolder(name, folder, listed)) continue;
    const location = below(path, name);
    if (await isModel(location, name, files)) models.push(location);
    else passedOver += 1;
  }
  if (models.length > 0) return { models, passedOver };
  throw new CleaveError("NOT_A_MODEL", `There is no model among the ${passedOver} files in it.`);
}

/**
 * Whether a file belongs to the model that a folder is. All of an unpacked `.keras` does; a split has
 * artifacts of certain names.
 */
function isOfFolder(name: string, folder: string, listed: ReadonlySet<string>): boolean {
  const at = (file: string): string => (folder === "" ? file : `${folder}/${file}`);
  if (!listed.has(at(names.manifestFile))) return true;
  const inside = folder === "" ? name : name.slice(folder.length + 1);
  return isArtifact(inside);
}

const artifactFiles = new Set<string>([
  names.manifestFile,
  names.architectureFile,
  names.trainingFile,
  names.otherObjectsFile,
  names.shardIndexFile,
  ...Object.values(names.weightsFile),
]);
const artifactFolders = [`${names.assetsFolder}/`, `${names.otherMembersFolder}/`];
const shardNames = new RegExp(`^${names.shardsBase}_\\d{5}\\.weights\\.h5$`);

function isArtifact(name: string): boolean {
  return (
    artifactFiles.has(name) ||
    shardNames.test(name) ||
    artifactFolders.some((folder) => name.startsWith(folder))
  );
}

async function isModelFolder(path: Location, files: OpenFiles): Promise<boolean> {
  const has = (name: string): Promise<boolean> => files.exists(below(path, name));
  return (
    (await has(names.manifestFile)) || ((await has(configMember)) && (await has(weightsMember)))
  );
}

/** Folders in the list that are one model, the outermost ones. */
function modelFolders(listed: ReadonlySet<string>): readonly string[] {
  const found = [...listed].flatMap((name) => {
    const at = name.lastIndexOf("/");
    const [folder, file] = [name.slice(0, Math.max(at, 0)), name.slice(at + 1)];
    const isOne =
      file === names.manifestFile
        ? listed.has(`${folder}/${names.architectureFile}`)
        : file === configMember && listed.has(`${folder}/${weightsMember}`);
    return at > 0 && isOne ? [folder] : [];
  });
  return found.filter((folder) => !found.some((other) => folder.startsWith(`${other}/`)));
}

const modelNames = /\.(?:keras|h5|hdf5|hdf|he5)$/i;
/** An architecture alone (`to_json()`, `to_yaml()`) is told by its content. */
const architectureNames = /\.(?:json|ya?ml)$/i;

/** The name of the first member of an archive stands behind its local header's 30 bytes. */
const headLength = 4096;

async function isModel(location: Location, name: string, files: OpenFiles): Promise<boolean> {
  const store = await files.storeOf(location);
  // What cannot be opened as a file is none: a pipe, a link to a folder.
  const file = await store.open(location).catch((error: unknown) => {
    if (error instanceof CleaveError && error.code === "IO" && !isS3(location)) return undefined;
    throw error;
  });
  if (file === undefined) return false;
  try {
    if (modelNames.test(name)) return true;
    const bytes = await file.read(0, Math.min(headLength, file.size));
    const head = Buffer.from(bytes).toString("latin1");
    if (architectureNames.test(name)) return /\bclass_name\b|!!python\//.test(head);
    const isArchive = /^PK\x03\x04[\s\S]{26}(?:metadata\.json|config\.json|model\.weights\.h5)/;
    return head.startsWith("\x89HDF\r\n\x1a\n") || isArchive.test(head);
  } finally {
    await file.close();
  }
}
