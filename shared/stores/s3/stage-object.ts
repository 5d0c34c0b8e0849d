import { PutObjectCommand } from "@aws-sdk/client-s3";
import { allOrNone } from "../../all-or-none.ts";
import { crc32OfRange } from "../../bytes/crc32-of-range.ts";
import { isRange, type Layout } from "../../bytes/layout.ts";
import { sha256 } from "../../bytes/sha256.ts";
import type { ByteRange } from "../../bytes/source.ts";
import type { Moved, MoveOptions } from "../store.ts";
import type { Address } from "./address.ts";
import { base64OfCrc32 } from "./base64-crc32.ts";
import type { WriteCondition } from "./conditions.ts";
import { MultipartUpload, type UploadedPart } from "./multipart.ts";
import { PieceChecksums } from "./piece-checksums.ts";
import { copyOf, planObject, type PlannedObject, type PlannedPart } from "./planned-object.ts";
import { fillDeferred, readPieces } from "./read-pieces.ts";
import { areChecksumsRight } from "./prove-checksums.ts";
import type { Requests } from "./requests.ts";

/** Up to this an object is sent with one request, however much of it could be copied. */
const smallObject = 8 * 1024 * 1024;

/** What S3 is relied on for; each is given up where it is found wanting. */
export interface Trust {
  /** Copying from object to object. */
  readonly copies: boolean;
  /** Checksums of copied parts, and of the whole. */
  readonly checksums: boolean;
}

/** The checksums that S3 states of what it copies are not those of the bytes. */
export class ChecksumsWrong extends Error {}

/** What is to be written. */
export interface Target {
  readonly address: Address;
  /** For messages. */
  readonly location: string;
  /** What is said of the object beside its bytes. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** All of an object but its appearance: nobody sees it until it is published. */
export interface StagedObject {
  readonly moved: Moved;
  /** @throws the SDK's error */
  publish(condition: WriteCondition): Promise<void>;
  /** Leaves no upload open. */
  discard(): Promise<void>;
}

/**
 * Gives S3 everything an object is made of.
 *
 * @throws CopyRefused, ChecksumsWrong; CleaveError `SOURCE_CHANGED`, `ACCESS_DENIED`, `STORE_UNAVAILABLE`; then no
 *   upload is left open
 */
export async function stageObject(
  requests: Requests,
  target: Target,
  layout: Layout,
  options: MoveOptions,
  trust: Trust,
): Promise<StagedObject> {
  const isSmall = layout.size <= smallObject;
  const plan = planObject(layout, trust.copies && !isSmall);
  const checksums = new PieceChecksums(plan);
  const staged = isSmall
    ? await stagePut(requests, target, plan, checksums)
    : await stageParts(requests, target, { plan, checksums, options, trust });
  const moved: Moved = {
    size: layout.size,
    crc32: checksums.of(plan.parts.flatMap(({ pieces }) => pieces)),
    checksums: checksums.ranges,
    digests: await digestsOf(layout, options),
  };
  if (isSmall) options.onProgress?.(layout.size);
  return { ...staged(moved), moved };
}

type Stage = (moved: Moved) => Omit<StagedObject, "moved">;

/** One request, which is sent when the object is published. */
async function stagePut(
  requests: Requests,
  { address, location, metadata }: Target,
  { parts, size }: PlannedObject,
  checksums: PieceChecksums,
): Promise<Stage> {
  const [part] = parts;
  const read = async (): Promise<Uint8Array> =>
    part === undefined ? new Uint8Array() : readWithDeferred(part, checksums);
  let held: Uint8Array | undefined = await read();
  if (!requests.memory.take(size)) held = undefined;
  const release = (): void => {
    if (held !== undefined) requests.memory.giveBack(size);
    held = undefined;
  };
  return ({ crc32 }) => ({
    async publish(condition) {
      const command = new PutObjectCommand({
        Bucket: address.bucket,
        Key: address.key,
        Body: held ?? (await read()),
        ContentLength: size,
        ChecksumCRC32: base64OfCrc32(crc32),
        Metadata: metadata,
        ...condition,
      });
      await requests.send("PutObject", command, { doing: "write", location, raw: true });
      requests.traffic.bytesSent += size;
      release();
    },
    discard: async () => release(),
  });
}

async function stageParts(
  requests: Requests,
  { address, location, metadata }: Target,
  job: PartsJob,
): Promise<Stage> {
  const { plan, trust } = job;
  const upload = await MultipartUpload.create(
    requests,
    address,
    location,
    trust.checksums,
    metadata,
  );
  try {
    if (trust.checksums && !(await areChecksumsRight(upload, plan.parts))) {
      throw new ChecksumsWrong("what the server states of copied ranges is wrong");
    }
    const uploaded = await uploadParts(requests, upload, job);
    return ({ crc32 }) => ({
      publish: (condition) => upload.complete(uploaded, { size: plan.size, crc32 }, condition),
      discard: () => upload.abort(),
    });
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

interface PartsJob {
  readonly plan: PlannedObject;
  readonly checksums: PieceChecksums;
  readonly options: MoveOptions;
  readonly trust: Trust;
}

/** Parts that need checksums of others go last; S3 takes parts in any order. */
async function uploadParts(
  requests: Requests,
  upload: MultipartUpload,
  job: PartsJob,
): Promise<UploadedPart[]> {
  const { plan, checksums, options } = job;
  const uploaded: UploadedPart[] = [];
  const send = async (part: PlannedPart, bytes: Uint8Array): Promise<void> => {
    const crc32 = checksums.of(part.pieces);
    uploaded[part.number - 1] = await upload.send(part.number, bytes, crc32);
    options.onProgress?.(bytes.length);
  };
  const [later, first] = partition(plan.parts, hasDeferred);
  await allOrNone(first, Number.POSITIVE_INFINITY, (part) =>
    (part.copied ? requests.copying : requests.sending)(async () => {
      if (part.copied) {
        uploaded[part.number - 1] = await copyPart(requests, upload, part, job);
        options.onProgress?.(part.end - part.start);
        return;
      }
      const bytes = await readPieces(part.pieces);
      checksums.compute(part, bytes);
      await send(part, bytes);
    }),
  );
  // A first time for their own checksums, which others of them may need.
  const held = new Map<PlannedPart, Uint8Array>();
  for (const part of later) {
    const bytes = await readPieces(part.pieces);
    checksums.compute(part, bytes);
    if (requests.memory.take(bytes.length)) held.set(part, bytes);
  }
  for (const part of later) {
    const bytes = held.get(part) ?? (await readPieces(part.pieces));
    fillDeferred(part.pieces, bytes, checksums.make);
    checksums.computeDeferred(part, bytes);
    await send(part, bytes);
    if (held.delete(part)) requests.memory.giveBack(bytes.length);
  }
  return uploaded;
}

async function readWithDeferred(part: PlannedPart, checksums: PieceChecksums): Promise<Uint8Array> {
  const bytes = await readPieces(part.pieces);
  checksums.compute(part, bytes);
  fillDeferred(part.pieces, bytes, checksums.make);
  checksums.computeDeferred(part, bytes);
  return bytes;
}

async function copyPart(
  requests: Requests,
  upload: MultipartUpload,
  part: PlannedPart,
  { checksums, trust }: PartsJob,
): Promise<UploadedPart> {
  const copy = copyOf(part);
  const copied = await upload.copy(part.number, copy);
  let crc32 = trust.checksums ? copied.crc32 : undefined;
  if (crc32 === undefined) {
    requests.traffic.note(
      "The server gave no usable checksum of what it copied, so that was read once to compute it.",
    );
    crc32 = await crc32OfRange(copy);
  }
  checksums.set(part.pieces[0]!, crc32);
  return { ...copied, crc32: copied.crc32 === undefined ? undefined : crc32 };
}

async function digestsOf(
  { segments }: Layout,
  { digest }: MoveOptions,
): Promise<Map<ByteRange, string>> {
  const digests = new Map<ByteRange, string>();
  if (!digest) return digests;
  for (const range of segments.filter(isRange)) digests.set(range, await sha256(range));
  return digests;
}

function hasDeferred({ pieces }: PlannedPart): boolean {
  return pieces.some(({ content }) => "deferred" in content);
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}
