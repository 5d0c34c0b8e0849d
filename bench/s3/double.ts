import { fork } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { LoggedRequest } from "../../local/s3/server.ts";
import type { Answer, Extent, Question } from "./serve.ts";

/** Our own S3 server, in a process of its own. */
export interface Double {
  readonly url: string;
  /** @param extents what of the file is not a hole; none: all of it */
  put(key: string, path: string, extents?: readonly Extent[]): Promise<void>;
  /** What was asked of it since it was cleared. */
  log(): Promise<readonly LoggedRequest[]>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export interface Pace {
  /** Milliseconds before each answer. */
  readonly latency: number;
  /** Of each body. */
  readonly bytesPerSecond: number;
}

export async function startDouble({ latency, bytesPerSecond }: Pace): Promise<Double> {
  const child = fork(join(import.meta.dirname, "serve.ts"), {
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  let ended: (() => void) | undefined;
  child.once("exit", () => ended?.());
  const ask = async (question: Question): Promise<Answer> => {
    const answered = once(child, "message") as Promise<[Answer]>;
    const [answer] = await Promise.race([
      answered,
      new Promise<never>((_resolve, reject) => {
        ended = () => reject(new Error("The server ended."));
        child.send(question);
      }),
    ]);
    if ("failed" in answer) throw new Error(answer.failed);
    return answer;
  };
  const { url } = (await ask({ ask: "start", latency, bytesPerSecond })) as { url: string };
  return {
    url,
    async put(key, path, extents) {
      const { size } = statSync(path);
      if (extents === undefined) await ask({ ask: "put", key, path, size });
      else await ask({ ask: "sparse", key, path, size, extents });
    },
    async log() {
      return ((await ask({ ask: "log" })) as { log: readonly LoggedRequest[] }).log;
    },
    async clear() {
      await ask({ ask: "clear" });
    },
    async stop() {
      if (child.exitCode !== null) return;
      const stopped = once(child, "exit");
      child.disconnect();
      await stopped;
    },
  };
}
