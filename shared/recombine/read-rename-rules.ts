import { decodeText } from "../hdf5/attributes.ts";
import { quote } from "../errors.ts";
import { parseRenameRules, type RenameRules } from "../keras/variation/rename-rules.ts";
import { checkLimit } from "../limits.ts";
import type { Location } from "../stores/location.ts";
import { OpenFiles, type StoreOptions } from "../stores/open-files.ts";

/** @throws CleaveError `USAGE` naming what is wrong in the file; `IO` */
export async function readRenameRules(
  path: Location,
  options: StoreOptions = {},
): Promise<RenameRules> {
  const files = new OpenFiles(options);
  try {
    const file = await files.open(path);
    checkLimit("configBytes", file.size, quote(path));
    return parseRenameRules(decodeText(await file.read(0, file.size), quote(path)), path);
  } finally {
    await files.close();
  }
}
