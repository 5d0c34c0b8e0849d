import { CleaveError } from "../errors.ts";
import { checkLimit } from "../limits.ts";
import { checksum } from "./checksum.ts";
import { Cursor } from "./cursor.ts";
import type { Hdf5File } from "./file.ts";

/** Message types of the format specification, IV.A.2. */
export const messageType = {
  nil: 0x00,
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFillValue: 0x04,
  fillValue: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  groupInfo: 0x0a,
  filters: 0x0b,
  attribute: 0x0c,
  comment: 0x0d,
  oldModificationTime: 0x0e,
  continuation: 0x10,
  symbolTable: 0x11,
  modificationTime: 0x12,
  attributeInfo: 0x15,
  referenceCount: 0x16,
} as const;

/** For people: "dataspace" is HDF5's word for a shape. */
function messageName(type: number): string {
  if (type === messageType.dataspace) return "shape (dataspace message)";
  return `${typeNames.get(type) ?? type} message`;
}

export interface Message {
  readonly type: number;
  readonly body: Cursor;
}

interface Block {
  readonly address: number;
  readonly length: number;
}

const typeNames = new Map<number, string>(
  Object.entries(messageType).map(([name, type]) => [type, name]),
);

/**
 * All messages of an object, continuation blocks included, without padding messages.
 *
 * @param what the object's path, for messages
 */
export async function readObjectHeader(
  file: Hdf5File,
  address: number,
  what: string,
): Promise<Message[]> {
  const refuse = (error: unknown): never => {
    throw error;
  };
  return readBlocks(file, address, what, refuse);
}

/**
 * The same of a file that was cut or damaged: a block that a first one continues in may be lost.
 *
 * @returns the messages in all other blocks, and whether there are no others
 */
export async function survivingMessages(
  file: Hdf5File,
  address: number,
  what: string,
): Promise<{ readonly messages: Message[]; readonly isWhole: boolean }> {
  let isWhole = true;
  const messages = await readBlocks(file, address, what, () => {
    isWhole = false;
  });
  return { messages, isWhole };
}

/** Is told what is wrong with a block behind the first, and throws it if it is to be the end. */
type OnLost = (error: unknown) => void;

async function readBlocks(
  file: Hdf5File,
  address: number,
  what: string,
  onLost: OnLost,
): Promise<Message[]> {
  const prefix = await file.peek(address, 16, `${what}: object header`);
  return prefix.bytes[0] === 0x4f
    ? readVersion2(file, address, what, onLost)
    : readVersion1(file, address, prefix, what, onLost);
}

async function readVersion1(
  file: Hdf5File,
  address: number,
  prefix: Cursor,
  what: string,
  onLost: OnLost,
): Promise<Message[]> {
  file.claim(address, 16, `${what}: object header`);
  const version = prefix.u8();
  if (version !== 1) prefix.fail(`object header version ${version} is not known`, -1);
  prefix.skip(1);
  const declared = prefix.u16();
  prefix.skip(4);
  const length = prefix.u32();

  const messages: Message[] = [];
  let seen = 0;
  const blocks: Block[] = [{ address: address + 16, length }];
  const isWhole = await visitBlocks(file, blocks, what, onLost, (cursor) => {
    // A block may end in a gap too short for another message (H5Ochunk.c).
    while (cursor.left >= 8) {
      const type = cursor.u16();
      const size = cursor.u16();
      const flags = cursor.u8();
      cursor.skip(3);
      const offset = cursor.fileOffset;
      addMessage(messages, blocks, { type, flags, offset, bytes: cursor.take(size) }, what);
      seen += 1;
      checkLimit("headerMessages", seen, what);
    }
  });
  if (isWhole && seen !== declared) {
    prefix.fail(`the header declares ${declared} messages, ${seen} are there`, -10);
  }
  return messages;
}

async function readVersion2(
  file: Hdf5File,
  address: number,
  what: string,
  onLost: OnLost,
): Promise<Message[]> {
  const prefix = await file.peek(
    address,
    Math.min(34, file.size - address),
    `${what}: object header`,
  );
  prefix.signature("OHDR");
  const version = prefix.u8();
  if (version !== 2) prefix.fail(`object header version ${version} is not known`, -1);
  const flags = prefix.u8();
  if (flags & 0x20) prefix.skip(16);
  if (flags & 0x10) prefix.skip(4);
  const length = prefix.uint(1 << (flags & 3));
  const prefixLength = prefix.at;
  checkLimit("headerBytes", length, what);

  const messages: Message[] = [];
  const blocks: Block[] = [{ address, length: prefixLength + length + 4 }];
  await visitBlocks(file, blocks, what, onLost, (cursor, isFirst) => {
    if (cursor.left < 8) cursor.fail("the block has no room for its checksum");
    const content = cursor.bytes.subarray(0, -4);
    const stored = new DataView(cursor.bytes.buffer, cursor.bytes.byteOffset + content.length, 4);
    if (stored.getUint32(0, true) !== checksum(content)) cursor.fail("the checksum does not match");
    if (isFirst) cursor.skip(prefixLength);
    else cursor.signature("OCHK");
    const messagePrefix = flags & 4 ? 6 : 4;
    while (cursor.left - 4 >= messagePrefix) {
      const type = cursor.u8();
      const size = cursor.u16();
      const messageFlags = cursor.u8();
      cursor.skip(messagePrefix - 4);
      const offset = cursor.fileOffset;
      const message = { type, flags: messageFlags, offset, bytes: cursor.take(size) };
      addMessage(messages, blocks, message, what);
      checkLimit("headerMessages", messages.length, what);
    }
  });
  return messages;
}

/**
 * Visits the first block and then those that continuation messages add to `blocks` meanwhile.
 *
 * @returns whether none was lost
 */
async function visitBlocks(
  file: Hdf5File,
  blocks: readonly Block[],
  what: string,
  onLost: OnLost,
  visit: (cursor: Cursor, isFirst: boolean) => void,
): Promise<boolean> {
  const visited = new Set<number>();
  let total = 0;
  let isWhole = true;
  for (let index = 0; index < blocks.length; index += 1) {
    checkLimit("headerBlocks", index + 1, what);
    const { address, length } = blocks[index]!;
    checkLimit("headerBytes", (total += length), what);
    try {
      const cursor = await file.structure(address, length, `${what}: object header block`);
      if (visited.has(address)) cursor.fail("the continuation blocks go round");
      visited.add(address);
      visit(cursor, index === 0);
      if (cursor.bytes.length < length) cursor.fail("the block is cut");
    } catch (error) {
      if (index === 0) throw error;
      onLost(error);
      isWhole = false;
    }
  }
  return isWhole;
}

function addMessage(
  messages: Message[],
  blocks: Block[],
  {
    type,
    flags,
    offset,
    bytes,
  }: { type: number; flags: number; offset: number; bytes: Uint8Array },
  what: string,
): void {
  if (type === messageType.nil) return;
  const body = new Cursor(bytes, offset, `${what}: ${messageName(type)}`);
  if (flags & 0x02) {
    throw new CleaveError(
      "UNSUPPORTED",
      `${what}: shared HDF5 messages (committed datatypes) are not supported.`,
      { rule: "KH563" },
    );
  }
  if (type === messageType.continuation) {
    blocks.push({ address: body.u64(), length: body.u64() });
  } else if (typeNames.has(type)) {
    messages.push({ type, body });
  } else {
    throw new CleaveError("UNSUPPORTED", `${what}: HDF5 message type ${type} is not supported.`);
  }
}
