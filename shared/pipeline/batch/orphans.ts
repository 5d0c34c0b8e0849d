import type { S3Documents } from "../../stores/s3/documents.ts";
import { latestFile, placeOf, splitPrefix } from "../places.ts";

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
 * @param keys of all models with the prefix that are there
 */
export async function findOrphans(
  documents: S3Documents,
  { modelsBucket, artifactsBucket, prefix }: Where,
  keys: ReadonlySet<string>,
): Promise<Orphan[]> {
  const living = new Set([...keys].map((key) => folderOfKey(modelsBucket, key)));
  const orphans = new Map<string, { objects: number; size: number }>();
  const begin = `${splitPrefix}${modelsBucket}/${prefix}`;
  for await (const { key, size } of documents.list(artifactsBucket, begin)) {
    const folders = foldersAround(key);
    if (folders.some((folder) => living.has(folder))) continue;
    const folder = folders.find((candidate) => orphans.has(candidate)) ?? modelFolder(key);
    const found = orphans.get(folder) ?? { objects: 0, size: 0 };
    orphans.set(folder, { objects: found.objects + 1, size: found.size + size });
  }
  return [...orphans].map(([folder, found]) => {
    return { folder: `s3://${artifactsBucket}/${folder}/`, ...found };
  });
}

function folderOfKey(bucket: string, key: string): string {
  const { latest } = placeOf({ bucket, key, version: "", etag: "" });
  return latest.slice(0, -latestFile.length - 1);
}

/** "a", "a/b" of "a/b/c". */
function foldersAround(key: string): string[] {
  const parts = key.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** The keys of a version stand in `<model>/<version>/`, and latest.json in `<model>/`. */
function modelFolder(key: string): string {
  const folder = key.slice(0, key.lastIndexOf("/"));
  return key.endsWith(`/${latestFile}`) ? folder : folder.slice(0, folder.lastIndexOf("/"));
}
