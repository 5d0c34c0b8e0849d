import { readdir, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { CleaveError, quote } from "../../errors.ts";
import { checkLimit } from "../../limits.ts";
import type { Store } from "../store.ts";
import { openFile } from "./open-file.ts";
import { samePath } from "./same-path.ts";
import { StagedFolder } from "./staged-folder.ts";
import { exists, writeFile } from "./write-file.ts";

export const fileSystem: Store = {
  open: openFile,
  exists,
  async isFolder(path) {
    return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  },
  async list(folder) {
    const options = { recursive: true, withFileTypes: true } as const;
    const entries = await readdir(folder, options).catch((cause: Error) => {
      throw new CleaveError("IO", `Cannot read the folder ${quote(folder)}: ${cause.message}.`, {
        cause,
      });
    });
    const files = entries.filter((found) => !found.isDirectory());
    checkLimit("filesInFolder", files.length, quote(folder));
    return files.map(({ parentPath, name }) =>
      relative(folder, join(parentPath, name)).split(sep).join("/"),
    );
  },
  sameAs: samePath,
  writeFile,
  writesAtOnce: 1,
  beginFolder: (folder, plan) => StagedFolder.begin(folder, plan),
  placeOf: (path) => ({ bucket: null, key: basename(path) }),
  transfer: () => null,
};
