import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import { artifactNames } from "#shared/manifest/artifacts.ts";
import { manifestFile } from "#shared/manifest/names.ts";
import { recombine, type RecombineResult } from "#shared/recombine.ts";
import { split, type SplitResult } from "#shared/split.ts";
import type { CopiedChecksum, Fault } from "../../local/s3/server.ts";
import { crc32Of } from "../contract/data.ts";
import { writeLargeModels } from "../support/large-models.ts";
import { objectBytes } from "../support/s3-client.ts";
import { openS3, serveS3, type Served } from "../support/s3.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const served = serveS3();
const model = "s3://models/large.keras";
const out = "s3://models/out";
const target = "s3://models/out.keras";
let large: { keras: string; h5: string };
let files: string[];

beforeAll(async () => {
  large = await writeLargeModels(folder);
  const { manifest } = await split(large.keras, { out: join(folder, "parts") });
  files = artifactNames(manifest);
  await recombine({ folder: join(folder, "parts") }, { out: join(folder, "again.keras") });
});

interface Ended {
  readonly splitting: PromiseSettledResult<SplitResult>;
  readonly recombining: PromiseSettledResult<RecombineResult>;
  /** Where it was split, and where it was recombined. */
  readonly split: Served;
  readonly recombined: Served;
}

/** Splits and recombines through S3, each under the fault and on a server of its own. */
async function under(
  fault: Fault | undefined,
  copiedChecksum: CopiedChecksum,
  look: (ended: Ended) => Promise<void>,
): Promise<void> {
  const [one, other] = await Promise.all([openS3(), openS3()]);
  try {
    await one.server.putFile("models", "large.keras", large.keras);
    for (const name of [...files, manifestFile]) {
      await other.server.putFile("models", `parts/${name}`, join(folder, "parts", name));
    }
    for (const { server } of [one, other]) {
      server.setMode({ copiedChecksum });
      if (fault !== undefined) server.inject(fault);
    }
    const [[splitting], [recombining]] = await Promise.all([
      Promise.allSettled([split(model, { out, s3: one.s3 })]),
      Promise.allSettled([
        recombine({ folder: "s3://models/parts" }, { out: target, s3: other.s3 }),
      ]),
    ]);
    for (const { server } of [one, other]) {
      server.clearFaults();
      expect(server.openUploads()).toEqual([]);
    }
    await look({ splitting, recombining, split: one, recombined: other });
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

async function expectWhole({ split: there, recombined }: Ended, same = expectSame): Promise<void> {
  for (const name of files) {
    await same(there.client, `${out}/${name}`, join(folder, "parts", name));
  }
  await same(recombined.client, target, join(folder, "again.keras"));
}

/** By what our server says of the bytes that it has, which the contract holds it to. */
async function expectSame(client: S3Client, location: string, path: string): Promise<void> {
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location)!;
  const asked = new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" });
  const { ContentLength, ChecksumCRC32 } = await client.send(asked);
  const bytes = readFileSync(path);
  expect([location, ContentLength, ChecksumCRC32]).toEqual([
    location,
    bytes.length,
    crc32Of(bytes),
  ]);
}

async function expectSameBytes(client: S3Client, location: string, path: string): Promise<void> {
  const bytes = await objectBytes(client, location);
  expect([location, bytes.equals(readFileSync(path))]).toEqual([location, true]);
}

const slowDown = { kind: "status", status: 503, code: "SlowDown", message: "Reduce it" } as const;
const internal = { kind: "status", status: 500, code: "InternalError", message: "Oh" } as const;
const conflict = {
  kind: "status",
  status: 409,
  code: "ConditionalRequestConflict",
  message: "Another write",
} as const;
const denied = { kind: "status", status: 403, code: "AccessDenied", message: "No" } as const;

describe("gives other bytes, or none, after", () => {
  test.concurrent.each<[string, Fault]>([
    ["SlowDown while reading", { ...slowDown, operation: "GetObject", nth: 3, times: 2 }],
    ["a connection reset while reading", { kind: "reset", operation: "GetObject", nth: 2 }],
    ["a body that breaks off", { kind: "reset-body", operation: "GetObject", nth: 3 }],
    ["a short body", { kind: "short-body", operation: "GetObject", nth: 4 }],
    ["a body that stands still", { kind: "stall-body", operation: "GetObject", nth: 3 }],
    ["an error of HeadObject", { ...internal, operation: "HeadObject", nth: 1 }],
    ["an error of CreateMultipartUpload", { ...internal, operation: "CreateMultipartUpload" }],
    ["SlowDown while sending a part", { ...slowDown, operation: "UploadPart" }],
    ["a connection reset while sending a part", { kind: "reset-body", operation: "UploadPart" }],
    ["a part that arrived, its answer lost", { kind: "reset-after", operation: "UploadPart" }],
    ["SlowDown while copying", { ...slowDown, operation: "UploadPartCopy" }],
    ["a copy that fails after it was begun", { kind: "error-in-200", operation: "UploadPartCopy" }],
    ["a copy that was made, its answer lost", { kind: "reset-after", operation: "UploadPartCopy" }],
    ["copies that are refused", { ...denied, operation: "UploadPartCopy", times: Infinity }],
    ["an error of completing", { ...internal, operation: "CompleteMultipartUpload" }],
    [
      "completing that fails after it was begun",
      { kind: "error-in-200", operation: "CompleteMultipartUpload" },
    ],
    ["another write at the same time", { ...conflict, operation: "CompleteMultipartUpload" }],
    [
      "an upload completed, its answer lost",
      { kind: "reset-after", operation: "CompleteMultipartUpload" },
    ],
    ["SlowDown while writing a small object", { ...slowDown, operation: "PutObject", nth: 2 }],
    ["another write of a small object", { ...conflict, operation: "PutObject" }],
    ["a small object written, its answer lost", { kind: "reset-after", operation: "PutObject" }],
  ])("%s", async (_, fault) => {
    await under(fault, "right", async (ended) => {
      expect([ended.splitting.status, ended.recombining.status]).toEqual([
        "fulfilled",
        "fulfilled",
      ]);
      await expectWhole(ended);
    });
  });
});

describe("leaves a manifest, an object or an upload behind after", () => {
  test.concurrent.each<[string, Fault, string]>([
    ["reading is denied", { ...denied, operation: "GetObject", nth: 4 }, "ACCESS_DENIED"],
    [
      "the key of an encrypted model is denied",
      { ...denied, message: "not authorized to perform: kms:Decrypt", operation: "GetObject" },
      "ACCESS_DENIED",
    ],
    [
      "nothing is served any more",
      { ...slowDown, operation: "GetObject", nth: 4, times: Infinity },
      "STORE_UNAVAILABLE",
    ],
    [
      "sending parts is denied",
      { ...denied, operation: "UploadPart", times: Infinity },
      "ACCESS_DENIED",
    ],
    [
      "completing fails for good",
      { ...internal, operation: "CompleteMultipartUpload", times: Infinity },
      "STORE_UNAVAILABLE",
    ],
    [
      "another has written all the time",
      { ...conflict, operation: "CompleteMultipartUpload", times: Infinity },
      "IO",
    ],
  ])("%s", async (_, fault, code) => {
    await under(fault, "right", async ({ splitting, recombining, ...on }) => {
      expect(splitting).toMatchObject({ status: "rejected", reason: { code } });
      expect(recombining).toMatchObject({ status: "rejected", reason: { code } });
      await expect(objectBytes(on.split.client, `${out}/manifest.json`)).rejects.toThrow(
        /key does not exist/,
      );
      await expect(objectBytes(on.recombined.client, target)).rejects.toThrow(/key does not exist/);
      expect((await split(model, { out, s3: on.split.s3 })).existing).toBe(false);
    });
  });
});

describe("a `.keras` has a wrong checksum in its headers where the CRC-32 of a copied range is", () => {
  test.concurrent.each(["absent", "wrong"] as const)("%s", async (copiedChecksum) => {
    await under(undefined, copiedChecksum, async (ended) => {
      const { splitting, recombining } = ended;
      expect([splitting.status, recombining.status]).toEqual(["fulfilled", "fulfilled"]);
      // Its own idea of their checksums is what is wrong here.
      await expectWhole(ended, expectSameBytes);
      const { transfer } = (recombining as PromiseFulfilledResult<RecombineResult>).value;
      expect(transfer!.notes.join()).toMatch(/checksum/);
      expect(transfer!.bytesSent).toBeLessThan(copiedChecksum === "wrong" ? 12e6 : 6e6);
    });
  });
});

describe("a model overwritten while it is split", () => {
  const overwrite = (bucket: string): Fault => ({
    kind: "call",
    operation: "GetObject",
    bucket,
    nth: 5,
    call: async () => {
      await served.server.putFile(bucket, "changing.keras", large.h5);
    },
  });

  test("is mixed with the new one where versions are kept", async () => {
    const { server, s3, client } = served;
    await server.putFile("models", "changing.keras", large.keras);
    server.inject(overwrite("models"));
    await split("s3://models/changing.keras", { out: "s3://models/changing", s3 });

    const weights = await objectBytes(client, "s3://models/changing/model.weights.h5");
    expect(weights.equals(readFileSync(join(folder, "parts/model.weights.h5")))).toBe(true);
  });

  test("is mixed with the new one where no versions are kept", async () => {
    const { server, s3, client } = served;
    await client.send(new CreateBucketCommand({ Bucket: "plain" }));
    await server.putFile("plain", "changing.keras", large.keras);
    server.inject(overwrite("plain"));
    const splitting = split("s3://plain/changing.keras", { out: "s3://models/plain", s3 });

    await expect(splitting).rejects.toMatchObject({
      code: "SOURCE_CHANGED",
      message: expect.stringMatching(/changing\.keras.*overwritten/) as string,
    });
    expect(server.openUploads()).toEqual([]);
  });
});
