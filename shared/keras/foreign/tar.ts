import { quote } from "../../errors.ts";
import type { FileStart } from "./file-start.ts";

const blockSize = 512;
const checksumAt = 148;

export function describeTar({ head }: FileStart): string | undefined {
  const member = tarMember(head);
  if (member === undefined) return undefined;
  const named = member === "" ? "" : ` whose first file is ${quote(member)}`;
  return `a tar archive${named}; unpack it (tar -xf) and take the model inside`;
}

/**
 * The name of a tar archive's first member. Old archives have no magic number, all have a checksum
 * of the header: the sum of its bytes, its own field read as spaces (POSIX.1-1988, ustar).
 *
 * @returns undefined where the bytes are no tar archive's
 */
export function tarMember(bytes: Uint8Array): string | undefined {
  if (bytes.length < blockSize) return undefined;
  const block = Buffer.from(bytes.subarray(0, blockSize));
  const stated = /^[ 0]*([0-7]{1,7})[ \0]/.exec(block.toString("latin1", checksumAt, checksumAt + 8));
  const isUstar = block.toString("latin1", 257, 262) === "ustar";
  if (!isUstar) {
    if (stated === null || block[0] === 0) return undefined;
    block.fill(" ", checksumAt, checksumAt + 8);
    const sum = block.reduce((total, byte) => total + byte, 0);
    if (sum !== Number.parseInt(stated[1]!, 8)) return undefined;
  }
  const name = block.subarray(0, 100);
  const end = name.indexOf(0);
  return name.toString("utf8", 0, end < 0 ? name.length : end);
}
