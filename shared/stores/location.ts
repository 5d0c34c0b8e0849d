import { basename, dirname, join } from "node:path";

/**
 * Where a file or folder is: a path of the file system, or `s3://bucket/key`, and
 * `s3://bucket/key?versionId=…` for one version of it, or `s3://bucket/key?etag=…` for one content
 * of it where no versions are kept.
 */
export type Location = string;

export function isS3(location: Location): boolean {
  return /^s3:\/\//i.test(location);
}

/** What stands below a folder; `name` has "/" between names. */
export function below(folder: Location, name: string): Location {
  return isS3(folder) ? `${folder.replace(/\/$/, "")}/${name}` : join(folder, name);
}

/** The folder in which something stands. */
export function folderOf(location: Location): Location {
  if (!isS3(location)) return dirname(location);
  return withoutVersion(location).replace(/\/?[^/]*\/?$/, "");
}

/** The last name of a location, without the version. */
export function nameOf(location: Location): string {
  return basename(isS3(location) ? withoutVersion(location) : location);
}

function withoutVersion(location: Location): string {
  return location.replace(/\?(?:versionId|etag)=[^/?]*$/i, "");
}
