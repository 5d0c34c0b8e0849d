/** As S3 writes a CRC-32: its four bytes, the highest first, in Base64. */
export function base64OfCrc32(crc32: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32);
  return bytes.toString("base64");
}

/** @returns undefined for what is no CRC-32, as composite checksums ("…-3") */
export function crc32OfBase64(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.length === 4 && !text.includes("-") ? bytes.readUInt32BE() : undefined;
}
