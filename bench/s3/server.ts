import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LoggedRequest } from "../../local/s3/server.ts";
import { cacheFolder } from "../../local/processes/uv.ts";
import { versitygw } from "../../test/s3/judges/versitygw.ts";
import { Bucket, type Access } from "./bucket.ts";
import { startDouble, type Pace } from "./double.ts";
import type { ModelFile } from "./models.ts";
import type { ServerName } from "./results.ts";

/** A server that models are put into. */
export interface Server {
  readonly name: ServerName;
  readonly access: Access;
  readonly bucket: Bucket;
  put(key: string, file: ModelFile): Promise<void>;
  clear(): Promise<void>;
  /** Undefined where the server keeps none. */
  log(): Promise<readonly LoggedRequest[] | undefined>;
  stop(): Promise<void>;
}

/** Of S3, from a machine in its region. */
export const usualPace: Pace = { latency: 20, bytesPerSecond: 90e6 };
/** Rounds of requests are all the time that matters. */
export const farPace: Pace = { latency: 300, bytesPerSecond: Infinity };

export async function ownServer(pace: Pace): Promise<Server> {
  const double = await startDouble(pace);
  const access = { endpoint: double.url, secret: "test" };
  const bucket = new Bucket(access);
  return {
    name: "double",
    access,
    bucket,
    put: (key, { path, extents }) => double.put(key, path, extents),
    clear: () => double.clear(),
    log: () => double.log(),
    async stop() {
      bucket.close();
      await double.stop();
    },
  };
}

/** @returns undefined where it cannot be made here */
export async function independentServer(): Promise<Server | undefined> {
  const { missing } = await versitygw.prepare();
  if (missing !== undefined) {
    process.stderr.write(`versitygw is left out: ${missing}\n`);
    return undefined;
  }
  const parent = join(dirname(cacheFolder()), "bench");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "versitygw-"));
  const running = await versitygw.start(folder);
  const { endpoint, credentials } = running;
  const access = { endpoint: endpoint!, secret: credentials!.secretAccessKey };
  const bucket = new Bucket(access);
  await bucket.create();
  return {
    name: "versitygw",
    access,
    bucket,
    put: (key, { path, bytes }) => bucket.put(key, path, bytes),
    clear: async () => undefined,
    log: async () => undefined,
    async stop() {
      bucket.close();
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
