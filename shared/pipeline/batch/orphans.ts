import type { S3Documents } from "../../stores/s3/documents.ts";
import { manifestFile } from "../../manifest/names.ts";
import { errorFile, latestFile, placeOf, splitPrefix, verdictFile } from "../places.ts";

/** Artifacts whose model is gone. */
export interface Orphan {
  /** Where they are: `s3://…/`. */
  readonly folder: string;
  readonly objects: number;
  /** In bytes. */
  readonly size: number;
}

interface Where {
  readonly modelsBucket: string;
  readonly artifactsBucket: string;
  readonly prefix: string;
}

/**
 * Goes through the artifacts of a bucket's models, and tells those of no model that is there.
 *
 * @param keys of everything with the prefix that is there, whatever it is
 */
export async function findOrphans(
  documents: S3Documents,
  { modelsBucket, artifactsBucket, prefix }: Where,
  keys: ReadonlySet<string>,
): Promise<Orphan[]> {
  const living = new Set([...keys].map((key) => folderOfKey(modelsBucket, key)));
  const begin = `${splitPrefix}${modelsBucket}/${prefix}`;
  const versions = new Set<string>();
  for await (const { key } of documents.list(artifactsBucket, begin)) {
    if (isOfVersion(key)) versions.add(folderOf(key));
  }
  const orphans = new Map<string, { objects: number; size: number }>();
  for await (const { key, size } of documents.list(artifactsBucket, begin)) {
    const model = modelOf(key, versions, living);
    // With "a.keras/" as prefix, the versions of `a.keras` are listed too, and the key is not.
    if (living.has(model) || !model.startsWith(begin)) continue;
    const found = orphans.get(model) ?? { objects: 0, size: 0 };
    orphans.set(model, { objects: found.objects + 1, size: found.size + size });
  }
  return [...orphans].map(([folder, found]) => {
    return { folder: `s3://${artifactsBucket}/${folder}/`, ...found };
  });
}

function folderOfKey(bucket: string, key: string): string {
  const { latest } = placeOf({ bucket, key, version: "", etag: "" });
  return folderOf(latest);
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/"));
}

/** Each version's folder has one of them. */
function isOfVersion(key: string): boolean {
  return [manifestFile, errorFile, verdictFile].some((name) => key.endsWith(`/${name}`));
}

/**
 * The model's folder: that above the folder of a version, which may hold folders itself, or that of
 * latest.json. Keys may be folders of other keys: `a.keras/b.keras` stands in the folder of `a.keras`.
 */
function modelOf(key: string, versions: ReadonlySet<string>, living: ReadonlySet<string>): string {
  for (let end = key.indexOf("/"); end > 0; end = key.indexOf("/", end + 1)) {
    const folder = key.slice(0, end);
    if (versions.has(folder)) return folderOf(folder);
  }
  if (key.endsWith(`/${latestFile}`)) return folderOf(key);
  // Of a split that is under way, or was ended: its folder has nothing yet to tell it by.
  for (let end = key.lastIndexOf("/"); end > 0; end = key.lastIndexOf("/", end - 1)) {
    if (living.has(key.slice(0, end))) return key.slice(0, end);
  }
  return folderOf(folderOf(key));
}
