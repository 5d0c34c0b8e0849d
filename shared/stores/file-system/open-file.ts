import { readSync } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { CleaveError, quote, type ErrorCode } from "../../errors.ts";
import type { FileSource } from "../stored-file.ts";

/** Below this a read through the thread pool takes longer than the read itself. */
const smallRead = 256 * 1024;

/** @throws CleaveError `NOT_FOUND`, `ACCESS_DENIED`; `IO` for what is no regular file */
export async function openFile(path: string): Promise<FileSource> {
  let handle: FileHandle | undefined;
  try {
    // Asked before opening: opening a pipe waits for somebody to write into it.
    if (!(await stat(path)).isFile()) throw new Error("it is not a file");
    handle = await open(path, "r");
    const { size } = await handle.stat();
    return fileSource(path, handle, size);
  } catch (cause) {
    await handle?.close();
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new CleaveError(codes[code ?? ""] ?? "IO", `Cannot read ${quote(path)}: ${message}.`, {
      cause,
    });
  }
}

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "NOT_FOUND",
  EACCES: "ACCESS_DENIED",
  EPERM: "ACCESS_DENIED",
};

function fileSource(path: string, handle: FileHandle, size: number): FileSource {
  const read = async (offset: number, length: number, into?: Uint8Array): Promise<Uint8Array> => {
    const buffer = into ?? Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const count =
        length <= smallRead
          ? readSync(handle.fd, buffer, done, length - done, offset + done)
          : (await handle.read(buffer, done, length - done, offset + done)).bytesRead;
      if (count === 0) {
        throw new CleaveError("IO", `${quote(path)} became shorter while it was read.`);
      }
      done += count;
    }
    return buffer.subarray(0, length);
  };
  return { name: path, size, version: null, checksum: null, read, close: () => handle.close() };
}
