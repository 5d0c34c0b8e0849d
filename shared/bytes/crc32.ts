import { crc32 } from "node:zlib";

/** The CRC-32 of ZIP, zlib and S3, continued from `previous` (0 at the start). */
export { crc32 };

/** The reflected polynomial of CRC-32 (ISO 3309). */
const polynomial = 0xedb88320;

/** a · b modulo the polynomial, both reflected: bit 31 is x⁰. */
function multiply(a: number, b: number): number {
  let product = 0;
  let power = b;
  for (let bit = 31; bit >= 0; bit -= 1) {
    if ((a >>> bit) & 1) product ^= power;
    power = power & 1 ? (power >>> 1) ^ polynomial : power >>> 1;
  }
  return product >>> 0;
}

/** x^(8 · 2^k) for k = 0, 1, …: what shifting by 2^k bytes multiplies a CRC with. */
const shifts: number[] = [1 << (31 - 8)];
function shift(k: number): number {
  while (shifts.length <= k) shifts.push(multiply(shifts.at(-1)!, shifts.at(-1)!));
  return shifts[k]!;
}

/**
 * The CRC-32 of two runs of bytes after each other, from the CRC-32 of each.
 *
 * @param secondLength bytes in the second run, at most 2^53 − 1
 */
export function combineCrc32(first: number, second: number, secondLength: number): number {
  let crc = first;
  let rest = secondLength;
  for (let k = 0; rest > 0; k += 1, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) crc = multiply(shift(k), crc);
  }
  return (crc ^ second) >>> 0;
}
