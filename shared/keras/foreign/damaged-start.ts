import { chunksOf } from "../../bytes/chunks.ts";
import { signature as hdf5 } from "../../hdf5/superblock.ts";
import { bytesText, readUpTo, type FileStart } from "./file-start.ts";
import { startsWith } from "./compressed.ts";

/** Looked through for anything but zeros; what follows so many is not told. */
const mostZeros = 4 * 1024 * 1024;

const zipStart = Buffer.from("PK\x03\x04");

/** A file that ends within the mark of its kind. */
export function describeCutSignature({ source, head }: FileStart): string | undefined {
  const kinds: readonly [string, Uint8Array][] = [
    ["HDF5", hdf5],
    ["ZIP", zipStart],
  ];
  const kind = kinds.find(([, mark]) => head.length < mark.length && startsWith(mark, head));
  return (
    kind &&
    `truncated after ${bytesText(source.size)}, within the first mark of a file of ${kind[0]}; take an intact copy`
  );
}

/** What the transfer as text makes of HDF5's mark, which has a byte for each way to do so. */
const mangled: readonly { starts: string; how: string }[] = [
  { starts: "\x89HDF\r\r\n", how: "line feeds became CR LF" },
  { starts: "\x89HDF\n\x1a", how: "CR LF became line feeds" },
  { starts: "\x89HDF\n\n", how: "carriage returns became line feeds" },
  { starts: "\x89HDF\r\n", how: "line ends were changed" },
  { starts: "\tHDF", how: "the highest bit of each byte is lost" },
  { starts: "\xc2\x89HDF", how: "it was taken for Latin-1 and written as UTF-8" },
  { starts: "\xef\xbf\xbdHDF", how: "it was decoded as UTF-8, which loses every other byte" },
  { starts: "?HDF", how: "it was decoded as ASCII, which loses every other byte" },
];

/** HDF5 format specification, II.A: its mark is there to show this. */
export function describeMangled({ text }: FileStart): string | undefined {
  const found = mangled.find(({ starts }) => text.startsWith(starts));
  return (
    found &&
    `an HDF5 file that was transferred as if it were text (${found.how}), which cannot be undone; copy it again in binary mode`
  );
}

/** An HDF5 file may start later, at 512 bytes or a power of two times as many. */
export async function describeUserBlock({ source }: FileStart): Promise<string | undefined> {
  for (let at = 512; at <= 64 * 1024; at *= 2) {
    const bytes = await readUpTo(source, at, hdf5.length);
    if (bytes.length === hdf5.length && startsWith(bytes, hdf5)) {
      return `neither HDF5 nor ZIP from its start: an HDF5 file stands at byte ${at}, behind something else (a user block), which Keras never writes; take it out with h5jam's counterpart h5unjam`;
    }
  }
  return undefined;
}

/** Room that a download reserved and did not fill, or a disk that failed. */
export async function describeZeros({ source, head }: FileStart): Promise<string | undefined> {
  if (head.some((byte) => byte !== 0)) return undefined;
  const looked = Math.min(source.size, mostZeros);
  let zeros = 0;
  for await (const bytes of chunksOf({ source, offset: 0, length: looked })) {
    const other = bytes.findIndex((byte) => byte !== 0);
    zeros += other < 0 ? bytes.length : other;
    if (other >= 0) break;
  }
  const where =
    zeros === source.size
      ? `${bytesText(zeros)}, all of them zero`
      : `zeros from its start for ${zeros === looked ? "at least " : ""}${bytesText(zeros)}`;
  return `${where}: room for a download that did not arrive; download it again`;
}
