import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createInflateRaw } from "node:zlib";
import { crc32OfRange } from "../bytes/crc32-of-range.ts";
import { wholeRange } from "../bytes/range-source.ts";
import type { ByteRange, ByteSource } from "../bytes/source.ts";
import { CleaveError, quote } from "../errors.ts";
import { decodeText } from "../hdf5/attributes.ts";
import { configMember, metadataMember, weightsMember } from "../keras/v3.ts";
import { limitOf } from "../limits.ts";
import type { Location } from "../stores/location.ts";
import type { OpenFiles } from "../stores/open-files.ts";
import { copiesOf } from "../zip/inflate-member.ts";
import { readZip } from "../zip/read.ts";
import { localMembers, type FoundMember } from "../zip/survey.ts";

/** What is left of a model's parts, each as far as it is there. */
export interface SurvivingParts {
  readonly config: string | null;
  readonly metadata: string | null;
  /** An HDF5 file, perhaps a part of one. */
  readonly weights: ByteRange | null;
  /** Members that are complete, beside these, by name. */
  readonly others: ReadonlyMap<string, ByteRange>;
  /** What is not there or not as it was, for people. */
  readonly lost: readonly string[];
}

/** The parts of a `.keras`, as far as they are among the members that are left of it. */
export async function survivingParts(
  members: readonly FoundMember[],
  files: OpenFiles,
): Promise<SurvivingParts> {
  const lost: string[] = [];
  let config: string | null = null;
  let metadata: string | null = null;
  let weights: ByteRange | null = null;
  const others = new Map<string, ByteRange>();
  for (const member of members) {
    const name = quote(member.name);
    const content = await contentOf(member, files);
    if (content === undefined) {
      lost.push(`${name} cannot be unpacked.`);
      continue;
    }
    const { range, isWhole } = content;
    const isIntact = isWhole && (await isAsStated(member, range));
    if (isWhole && !isIntact) {
      lost.push(`${name} does not match its checksum: some of its bytes are not as they were.`);
    }
    if (/(?:^|\/)model\.weights\.h5$/.test(member.name)) weights ??= range;
    else if (!isIntact) lost.push(`${name} is not complete.`);
    else if (isCalled(member, configMember)) config ??= await textOf(range, name, lost);
    else if (isCalled(member, metadataMember)) metadata ??= await textOf(range, name, lost);
    else others.set(member.name, range);
  }
  if (config === null) lost.push(`${configMember}, the architecture, is not there or damaged.`);
  if (weights === null) lost.push(`${weightsMember} is not there.`);
  return { config, metadata, weights, others, lost };
}

function isCalled({ name }: FoundMember, called: string): boolean {
  return name === called || name.endsWith(`/${called}`);
}

/** Of an archive, by its directory, or without one by the headers before its members. */
export async function survivingMembers(archive: ByteSource): Promise<readonly FoundMember[]> {
  try {
    const members = [...(await readZip(archive)).values()];
    return members.map(({ name, deflated, crc32, stored }) => {
      return { name, deflated, crc32, stored, stated: stored.length };
    });
  } catch (error) {
    if (!(error instanceof CleaveError) || error.code === "IO") throw error;
    return localMembers(archive);
  }
}

/** Of a folder that an archive was unpacked into. */
export async function folderMembers(folder: Location, files: OpenFiles): Promise<FoundMember[]> {
  const found = await files.openFolder(folder);
  return [...found].map(([name, file]) => {
    return { name, stated: file.size, deflated: false, crc32: null, stored: wholeRange(file) };
  });
}

/** As much of a member as can be had. */
async function contentOf(
  { stored, stated, deflated }: FoundMember,
  files: OpenFiles,
): Promise<{ range: ByteRange; isWhole: boolean } | undefined> {
  const isWhole = stored.length === stated;
  if (!deflated) return { range: stored, isWhole };
  const inflated = await inflateSurviving(stored, files);
  return inflated && { range: inflated.range, isWhole: isWhole && inflated.isWhole };
}

/** Inflates up to where the bytes end or make no sense. */
async function inflateSurviving(
  stored: ByteRange,
  files: OpenFiles,
): Promise<{ range: ByteRange; isWhole: boolean } | undefined> {
  const path = await files.temporaryPath();
  const most = limitOf("inflateRatio") * Math.max(stored.length, 64 * 1024);
  let isWhole = true;
  const upToDamage = async function* (
    inflated: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    let done = 0;
    try {
      for await (const bytes of inflated) {
        if ((done += bytes.length) > most) throw new RangeError("too large");
        yield bytes;
      }
    } catch {
      isWhole = false;
    }
  };
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  const compressed = Readable.from(copiesOf(stored));
  compressed.on("error", (error) => inflate.destroy(error));
  await pipeline(compressed.pipe(inflate), upToDamage, createWriteStream(path));
  return { range: wholeRange(await files.open(path)), isWhole };
}

async function isAsStated({ crc32 }: FoundMember, range: ByteRange): Promise<boolean> {
  return crc32 === null || (await crc32OfRange(range)) === crc32;
}

async function textOf(range: ByteRange, name: string, lost: string[]): Promise<string | null> {
  if (range.length > limitOf("configBytes")) {
    lost.push(`${name} is too long for a configuration (${range.length} bytes).`);
    return null;
  }
  try {
    return decodeText(await range.source.read(range.offset, range.length), name);
  } catch (error) {
    if (!(error instanceof CleaveError) || error.code === "IO") throw error;
    lost.push(error.message);
    return null;
  }
}
