import { quote } from "../../errors.ts";
import { grouped } from "../../grouped.ts";
import { signature as hdf5 } from "../../hdf5/superblock.ts";
import { retry, type Foreign, type Opened } from "./foreign.ts";

/** Zeros are looked for no further; a kind of file that starts so would be a strange one. */
const mostZeros = 1024 * 1024;
/** User blocks of HDF5 are powers of two from 512 (format specification, II.A). */
const userBlocks = [512, 1024, 2048, 4096, 8192];
const save = 'call model.save("model.keras") and give that file';

/** HDF5 with something else in front of it. */
export async function behindUserBlock({ source, text }: Opened): Promise<Foreign | undefined> {
  for (const size of userBlocks) {
    if (size + hdf5.length > source.size) return undefined;
    if (Buffer.compare(await source.read(size, hdf5.length), hdf5) !== 0) continue;
    if (text.startsWith("MATLAB 7.3 MAT-file")) {
      return { is: "data of MATLAB 7.3", advice: "MATLAB's networks are no Keras models" };
    }
    return {
      is: `neither HDF5 nor ZIP at its start: HDF5 begins at byte ${size}, behind a user block, which Keras never writes`,
      advice: `Take the block away with h5unjam, or load the model in Keras and ${save}`,
      rule: "KH540",
    };
  }
  return undefined;
}

/** A download that made room for itself, and of which nothing has come, or not the start. */
export async function zeros({ source, head }: Opened): Promise<Foreign | undefined> {
  if (head.length === 0 || head.some((byte) => byte !== 0)) return undefined;
  const length = Math.min(source.size, mostZeros);
  const start = await source.read(0, length);
  const end = start.findIndex((byte) => byte !== 0);
  const are =
    end >= 0
      ? `zeros up to byte ${grouped(end)} of ${grouped(source.size)}: a download of which the start is missing`
      : `${grouped(source.size)} bytes, all of them zeros${length < source.size ? ` in the first ${grouped(length)}` : ""}: a download that has room and no content`;
  return { is: are, advice: retry, rule: "KB701" };
}

/**
 * flax.serialization.to_bytes(): a map whose first key is a string (msgpack/spec.md: fixmap, map 16,
 * map 32; fixstr, str 8).
 */
export async function messagePack({ text }: Opened): Promise<Foreign | undefined> {
  if (!/^(?:[\x81-\x8f]|\xde..|\xdf....)(?:[\xa1-\xbf]|\xd9.)[\w./-]{2}/s.test(text)) {
    return undefined;
  }
  return {
    is: "MessagePack, as Flax writes weights",
    advice: `Load them into the Keras model, ${save}`,
  };
}

/** A ZIP archive with something in front of it, which readers that start at the end do not see. */
export async function behindPrefix({ source }: Opened): Promise<Foreign | undefined> {
  const length = Math.min(source.size, 22 + 0xffff);
  const tail = Buffer.from(await source.read(source.size - length, length));
  const end = tail.lastIndexOf("PK\x05\x06");
  if (end < 0 || end + 22 > tail.length) return undefined;
  const directory = source.size - length + end - tail.readUInt32LE(end + 12);
  if (directory < 0 || directory + 46 > source.size) return undefined;
  const record = Buffer.from(await source.read(directory, 46));
  if (record.readUInt32LE(0) !== 0x02014b50) return undefined;
  // Where whoever put it there has not corrected the places, all of them are off by its length.
  const prefix = directory - tail.readUInt32LE(end + 16) + record.readUInt32LE(42);
  return {
    is: `a ZIP archive behind a prefix of ${grouped(prefix)} bytes that is no part of it`,
    advice: "Take the prefix away (zip -FF, or cleave doctor --repair)",
    rule: "KZ614",
  };
}

export function unknown({ head, text }: Opened): Foreign {
  const isText = /^[\t\r\n -~]+$/.test(text.slice(0, 64));
  const start = isText
    ? quote(text, 24)
    : `the bytes ${head.toString("hex", 0, 8).replaceAll(/..(?!$)/g, "$& ")}`;
  return {
    is: `neither HDF5 nor ZIP nor JSON, nor of another kind that is known here (it starts with ${start})`,
    advice: "Give a file that Keras has saved",
  };
}
