import { crc32 } from "node:zlib";

/** A CRC of S3's: reflected, all ones at the start and complemented at the end. */
export interface Crc {
  /** Bytes of the value, 4 or 8. */
  readonly width: number;
  /** Continues `previous`, the CRC of what came before (0 at the start). */
  update(bytes: Uint8Array, previous: bigint): bigint;
  /** Of two runs after each other, from the CRC of each and the length of the second. */
  combine(first: bigint, second: bigint, secondLength: number): bigint;
  /** Of a run of zero bytes, without going through them. */
  ofZeros(length: number): bigint;
}

/**
 * @param polynomial reflected, without its highest term
 * @param update a faster way to compute the same
 */
function reflectedCrc(width: 4 | 8, polynomial: bigint, update?: Crc["update"]): Crc {
  const topBit = 1n << BigInt(width * 8 - 1);
  const allOnes = topBit * 2n - 1n;

  /** a · b modulo the polynomial; the highest bit is x⁰. */
  const multiply = (a: bigint, b: bigint): bigint => {
    let product = 0n;
    let power = b;
    for (let bit = topBit; bit > 0n; bit >>= 1n) {
      if ((a & bit) !== 0n) product ^= power;
      power = (power & 1n) === 0n ? power >> 1n : (power >> 1n) ^ polynomial;
    }
    return product;
  };

  /** x^(8 · 2^k): what 2^k bytes after it multiply a CRC with. */
  const doublings: bigint[] = [topBit >> 8n];
  /** Parts are mostly of one size, so the last few factors are worth keeping. */
  const factors = new Map<number, bigint>();
  const factorOf = (length: number): bigint => {
    const known = factors.get(length);
    if (known !== undefined) return known;
    let factor = topBit;
    for (let rest = length, k = 0; rest > 0; rest = Math.floor(rest / 2), k += 1) {
      if (k === doublings.length) doublings.push(multiply(doublings[k - 1]!, doublings[k - 1]!));
      if (rest % 2 === 1) factor = multiply(doublings[k]!, factor);
    }
    if (factors.size === 64) factors.clear();
    factors.set(length, factor);
    return factor;
  };

  return {
    width,
    update: update ?? byTable(polynomial, allOnes),
    combine: (first, second, secondLength) => multiply(factorOf(secondLength), first) ^ second,
    ofZeros: (length) => multiply(factorOf(length), allOnes) ^ allOnes,
  };
}

/** One byte at a time, the value as two halves of 32 bits, of which CRC-32C uses the lower. */
function byTable(polynomial: bigint, allOnes: bigint): Crc["update"] {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) {
      value = (value & 1n) === 0n ? value >> 1n : (value >> 1n) ^ polynomial;
    }
    high[byte] = Number(value >> 32n);
    low[byte] = Number(value & 0xffffffffn);
  }
  return (bytes, previous) => {
    const start = previous ^ allOnes;
    let upper = Number(start >> 32n) | 0;
    let lower = Number(start & 0xffffffffn) | 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const index = (lower ^ bytes[at]!) & 0xff;
      lower = ((lower >>> 8) | (upper << 24)) ^ low[index]!;
      upper = (upper >>> 8) ^ high[index]!;
    }
    return ((BigInt(upper >>> 0) << 32n) | BigInt(lower >>> 0)) ^ allOnes;
  };
}

export const crcs = {
  /** ISO 3309, as in ZIP; Node has it. */
  CRC32: reflectedCrc(4, 0xedb88320n, (bytes, previous) => BigInt(crc32(bytes, Number(previous)))),
  /** Castagnoli's, as in iSCSI (RFC 3720). */
  CRC32C: reflectedCrc(4, 0x82f63b78n),
  /** Of NVM Express, "Rocksoft" model, whose value for "123456789" is AE8B14860A799888. */
  CRC64NVME: reflectedCrc(8, 0x9a6c9329ac4bc9b5n),
} as const satisfies Record<string, Crc>;
