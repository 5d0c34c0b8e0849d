import { quote } from "../../errors.ts";
import type { Foreign, Opened } from "./foreign.ts";

const blockSize = 512;
const checksumStart = 148;
const checksumEnd = 156;

export function tar({ head }: Opened): Foreign | undefined {
  const member = tarMember(head);
  if (member === undefined) return undefined;
  return {
    is: `a tar archive (it starts with ${quote(member, 60)})`,
    advice: "Unpack it with tar -xf and give the file within",
  };
}

/**
 * The name of a tar archive's first member. The oldest archives have no signature, but all state
 * the sum of the header's bytes in octal, taken with spaces where it stands (POSIX.1, ustar).
 *
 * @returns undefined where the bytes are no tar archive's
 */
export function tarMember(bytes: Buffer): string | undefined {
  if (bytes.length < blockSize) return undefined;
  const header = Buffer.from(bytes.subarray(0, blockSize));
  const stated = /^ *([0-7]+)[ \0]/.exec(
    header.toString("latin1", checksumStart, checksumEnd),
  )?.[1];
  if (header.toString("latin1", 257, 262) !== "ustar") {
    if (stated === undefined || header[0] === 0) return undefined;
    header.fill(" ", checksumStart, checksumEnd);
    const sum = header.reduce((total, byte) => total + byte, 0);
    if (sum !== Number.parseInt(stated, 8)) return undefined;
  }
  return header.toString("utf8", 0, 100).split("\0", 1)[0]!;
}
