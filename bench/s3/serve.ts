import { open } from "node:fs/promises";
import { newBucketRequest } from "../../local/s3/new-bucket-request.ts";
import { startS3Server, type LoggedRequest, type Piece } from "../../local/s3/server.ts";

/** Where bytes of a file are; the rest of it are holes. */
export type Extent = readonly [offset: number, length: number];

/** What bench/s3/double.ts asks of this process, and what it answers. */
export type Question =
  | { readonly ask: "start"; readonly latency: number; readonly bytesPerSecond: number }
  | { readonly ask: "put"; readonly key: string; readonly path: string; readonly size: number }
  | {
      readonly ask: "sparse";
      readonly key: string;
      readonly path: string;
      readonly size: number;
      readonly extents: readonly Extent[];
    }
  | { readonly ask: "clear" }
  | { readonly ask: "log" };

export type Answer =
  | { readonly url: string }
  | { readonly log: readonly LoggedRequest[]; readonly open: number }
  | { readonly done: true }
  | { readonly failed: string };

/** The one bucket of every server of the benchmark. */
export const bucket = "bench";

let server: Awaited<ReturnType<typeof startS3Server>> | undefined;

async function answer(question: Question): Promise<Answer> {
  if (question.ask === "start") {
    const { latency, bytesPerSecond } = question;
    server = await startS3Server({ latency, bytesPerSecond });
    await newBucketRequest(server.url, bucket);
    return { url: server.url };
  }
  if (server === undefined) throw new Error("The server is not started.");
  if (question.ask === "log") return { log: server.log, open: server.openUploads().length };
  if (question.ask === "clear") server.clearLog();
  else if (question.ask === "put") await server.putFile(bucket, question.key, question.path);
  else {
    const { key, path, size, extents } = question;
    await server.putSparse(bucket, key, size, await piecesOf(path, extents));
  }
  return { done: true };
}

async function piecesOf(path: string, extents: readonly Extent[]): Promise<Piece[]> {
  const pieces: Piece[] = [];
  const file = await open(path);
  try {
    for (const [offset, length] of extents) {
      const bytes = Buffer.alloc(length);
      await file.read(bytes, 0, length, offset);
      pieces.push({ offset, bytes });
    }
  } finally {
    await file.close();
  }
  return pieces;
}

/** Only as a process of its own: processor time and memory of the server are not the command's. */
if (process.send !== undefined) {
  process.on("message", (question: Question) => {
    void answer(question)
      .catch((error: unknown) => ({ failed: String(error) }))
      .then((found) => process.send?.(found));
  });
  process.once("disconnect", () => void server?.close().then(() => process.exit()));
}
