import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { createVersionedBucket, empty, keepsVersions, removeBucket } from "./bucket.ts";
import type { Check, Context, Source } from "./check.ts";
import { bytesOf, MiB } from "./data.ts";
import { describeError, Mismatch } from "./expect.ts";
import { checks } from "./checks/all.ts";
import { copySource, put } from "./objects.ts";

export interface ContractOptions {
  /** A bucket that is there already: only keys under a prefix of our own are touched. */
  readonly bucket?: string | undefined;
  /** Milliseconds for one check. */
  readonly patience?: number;
}

export interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  /** What the server did instead, the same text in every run. */
  readonly got?: string;
  /** Why it was not asked. */
  readonly skipped?: string;
}

/** A server with a bucket to check it in. */
export interface Contract {
  /** Never throws: what is wrong is in the outcome. */
  check(check: Check): Promise<Outcome>;
  /** Takes away what the checks have left. */
  end(): Promise<void>;
}

/** Runs every check against a server, one after the other. */
export async function runContract(
  server: S3ClientConfig,
  options: ContractOptions = {},
): Promise<Outcome[]> {
  const contract = await openContract(server, options);
  try {
    const outcomes: Outcome[] = [];
    for (const check of checks) outcomes.push(await contract.check(check));
    return outcomes;
  } finally {
    await contract.end();
  }
}

/** For those who want to run checks one by one. */
export async function openContract(
  server: S3ClientConfig,
  { bucket: given, patience = 60_000 }: ContractOptions = {},
): Promise<Contract> {
  // One attempt: what a server answers first is what is judged.
  const usual = new S3Client({ ...server, maxAttempts: 1 });
  const client = new S3Client({
    ...server,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const id = randomBytes(6).toString("hex");
  const bucket = given ?? `contract-${id}`;
  const prefix = given === undefined ? "" : `contract-${id}/`;
  if (given === undefined) await createVersionedBucket(client, bucket);
  const hasVersions = given === undefined || (await keepsVersions(client, bucket));
  const context = contextOf(client, usual, bucket, prefix);

  return {
    async check(check) {
      const { name } = check;
      if (check.needs === "versions" && !hasVersions) {
        return { name, ok: true, skipped: "the bucket keeps no versions" };
      }
      if (check.needs === "new buckets" && given !== undefined) {
        return { name, ok: true, skipped: "no buckets are made here" };
      }
      const got = await gotInstead(check, context, patience);
      return got === undefined ? { name, ok: true } : { name, ok: false, got };
    },
    async end() {
      if (given === undefined) await removeBucket(client, bucket).catch(() => undefined);
      else await empty(client, bucket, prefix);
      client.destroy();
      usual.destroy();
    },
  };
}

async function gotInstead(
  check: Check,
  context: Context,
  patience: number,
): Promise<string | undefined> {
  const over = new AbortController();
  const late = sleep(patience, undefined, { signal: over.signal }).then(() => {
    throw new Mismatch(`no answer in ${patience / 1000} s`);
  });
  // Aborted below, when nobody waits for it any more.
  late.catch(() => undefined);
  try {
    await Promise.race([check.run(context), late]);
    return undefined;
  } catch (error) {
    return error instanceof Mismatch ? error.got : describeError(error);
  } finally {
    over.abort();
  }
}

function contextOf(client: S3Client, usual: S3Client, bucket: string, prefix: string): Context {
  let keys = 0;
  let source: Promise<Source> | undefined;
  const context: Context = {
    client,
    usual,
    bucket,
    prefix,
    newKey(name = "key") {
      keys += 1;
      return `${prefix}${String(keys).padStart(3, "0")}/${name}`;
    },
    source: () => (source ??= putSource(context)),
  };
  return context;
}

async function putSource(context: Context): Promise<Source> {
  const key = context.newKey("source mödel+1.keras");
  const bytes = bytesOf("source", 11 * MiB + 321);
  const { ETag } = await put(context, key, bytes);
  return { key, bytes, etag: ETag!, location: copySource(context.bucket, key) };
}
