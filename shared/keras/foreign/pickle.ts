import { readUpTo, type FileStart } from "./file-start.ts";

/** Where modules of well-known writers are named, in a few kilobytes from the start. */
const searched = 4096;

/** PyTorch's first save format: pickles of a magic number, a protocol number and the system. */
const torchMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/**
 * How protocols 0 and 1, which have no magic number, start where a list, a dict, an object or an
 * array was pickled (CPython Lib/pickletools.py): opcodes, names in lines, memo numbers.
 */
const oldProtocols =
  /^(?:\((?:[dl]p\d|[cidlt][\w.]*\n)|[)\]}]q\0|c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n|[SVIF][^\n]{1,200}\np?\d)/;

/**
 * A pickle runs whatever it names while it is read, so that only its kind can be told.
 *
 * @returns undefined where the file is none
 */
export async function describePickle({ source, text }: FileStart): Promise<string | undefined> {
  if (text.startsWith(torchMagic)) {
    return "a model of PyTorch in its old format, a Python pickle, which cannot be read without running it; Keras has no part in it";
  }
  const isNew = /^\x80[\x02-\x05]/.test(text);
  if (!isNew && !(oldProtocols.test(text) && (await endsInStop(source)))) return undefined;
  const start = Buffer.from(await readUpTo(source, 0, searched)).toString("latin1") + text;
  const protocol = isNew ? `protocol ${text.charCodeAt(1)}` : "protocol 0 or 1";
  const writer = [
    ["joblib", "written by joblib"],
    ["sklearn", "of scikit-learn"],
    ["torch", "of PyTorch"],
    ["keras", "of Keras objects"],
    ["numpy", "of numpy arrays"],
  ].find(([module]) => start.includes(module!))?.[1];
  return `a Python pickle (${protocol}${writer === undefined ? "" : `, ${writer}`}), which cannot be read without running it; load it where it was made and save the model with model.save("model.keras")`;
}

async function endsInStop(source: FileStart["source"]): Promise<boolean> {
  const [last] = await readUpTo(source, source.size - 1, 1);
  return last === 0x2e;
}
