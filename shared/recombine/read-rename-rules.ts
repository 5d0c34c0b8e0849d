import { decodeText } from "../hdf5/attributes.ts";
import { quote } from "../errors.ts";
import { parseRenameRules, type RenameRules } from "../keras/variation/rename-rules.ts";
import { checkLimit } from "../limits.ts";
import { openFile } from "../stores/open-file.ts";

/** @throws CleaveError `USAGE` naming what is wrong in the file; `IO` */
export async function readRenameRules(path: string): Promise<RenameRules> {
  const file = await openFile(path);
  try {
    checkLimit("configBytes", file.size, quote(path));
    return parseRenameRules(decodeText(await file.read(0, file.size), quote(path)), path);
  } finally {
    await file.close();
  }
}
