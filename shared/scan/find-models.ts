import { CleaveError } from "../errors.ts";
import * as names from "../manifest/names.ts";
import { configMember, weightsMember } from "../keras/v3.ts";
import { below, type Location } from "../stores/location.ts";
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
  if (!(await files.isFolder(path)) || (await isModelFolder(path, files))) {
    return { models: [path], passedOver: 0 };
  }
  const store = await files.storeOf(path);
  const listed = new Set(await store.list(path));
  const folders = modelFolders(listed);
  const models: Location[] = folders.map((folder) => below(path, folder));
  let passedOver = 0;
  for (const name of listed) {
    if (folders.some((folder) => name.startsWith(`${folder}/`))) continue;
    const location = below(path, name);
    if (isModelName(name) || (await startsAsModel(location, files))) models.push(location);
    else passedOver += 1;
  }
  if (models.length > 0) return { models, passedOver };
  throw new CleaveError("NOT_A_MODEL", `There is no model among the ${passedOver} files in it.`);
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

function isModelName(name: string): boolean {
  return /\.(?:keras|h5|hdf5|hdf|he5)$/i.test(name);
}

/** The name of the first member of an archive stands behind its local header's 30 bytes. */
const headLength = 64;

async function startsAsModel(location: Location, files: OpenFiles): Promise<boolean> {
  const store = await files.storeOf(location);
  const file = await store.open(location);
  try {
    const bytes = await file.read(0, Math.min(headLength, file.size));
    const head = Buffer.from(bytes).toString("latin1");
    const isArchive = /^PK\x03\x04[\s\S]{26}(?:metadata\.json|config\.json|model\.weights\.h5)/;
    return head.startsWith("\x89HDF\r\n\x1a\n") || isArchive.test(head);
  } finally {
    await file.close();
  }
}
