import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chunksOf } from "../../bytes/chunks.ts";
import { wholeRange } from "../../bytes/range-source.ts";
import type { ByteSource } from "../../bytes/source.ts";
import { openFile } from "../file-system/open-file.ts";
import type { FileSource } from "../stored-file.ts";

/**
 * Copies a remote source to a temporary file, in a few large requests.
 *
 * @returns the file, which is gone when it is closed
 */
export async function spool(source: ByteSource): Promise<FileSource> {
  const folder = await mkdtemp(join(tmpdir(), "cleave-"));
  try {
    const path = join(folder, "object");
    const file = await open(path, "wx", 0o600);
    try {
      for await (const bytes of chunksOf(wholeRange(source))) {
        for (let done = 0; done < bytes.length;) {
          done += (await file.write(bytes, done)).bytesWritten;
        }
      }
    } finally {
      await file.close();
    }
    const spooled = await openFile(path);
    const close = async (): Promise<void> => {
      await spooled.close();
      await rm(folder, { recursive: true, force: true });
    };
    return { ...spooled, close };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
