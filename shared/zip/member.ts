import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import { crc32 } from "../bytes/crc32.ts";
import type { ByteRange } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import type { RuleId } from "../scan/rules.ts";

/** A file in an archive, or in the folder one was unpacked into. */
export interface ZipMember {
  readonly name: string;
  /** In bytes, inflated. */
  readonly size: number;
  /** As stated; a folder states none. */
  readonly crc32: number | null;
  readonly deflated: boolean;
  /** The member's bytes as they stand in the archive. */
  readonly stored: ByteRange;
}

const inflate = promisify(inflateRaw);

/**
 * The bytes of a small member, its checksum compared.
 *
 * @throws CleaveError `LIMIT_EXCEEDED` before anything is read; `ZIP_INVALID`
 */
export async function readMember(member: ZipMember): Promise<Uint8Array> {
  checkLimit("memberBytes", member.size, quote(member.name));
  const { source, offset, length } = member.stored;
  if (length > member.size + 1024)
    invalidMember(member.name, "is larger stored than inflated", "KZ606");
  const stored = await source.read(offset, length);
  const bytes = member.deflated
    ? await inflate(stored, { maxOutputLength: member.size + 1 }).catch((cause: unknown) =>
        invalidMember(member.name, "cannot be inflated to its declared size", "KZ606", cause),
      )
    : stored;
  if (bytes.length !== member.size)
    invalidMember(member.name, "has another size than declared", "KZ606");
  if (member.crc32 !== null && crc32(bytes) !== member.crc32) {
    invalidMember(member.name, "does not match its checksum (CRC-32)", "KB707");
  }
  return bytes;
}

/** A defect of one member. */
export function invalidMember(name: string, problem: string, rule: RuleId, cause?: unknown): never {
  throw new CleaveError(
    "ZIP_INVALID",
    `Archive member ${quote(name)} ${problem}. The file is damaged or made to mislead; take an intact copy.`,
    { cause, rule },
  );
}
