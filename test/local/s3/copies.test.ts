import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { Bucket, MiB, complete, newKey, random, refusal, serve, uploadParts } from "./serve.ts";

const folder = mkdtempSync(join(tmpdir(), "s3-copies-"));
const served = serve({ folder });
const GiB = 1024 * MiB;
const head = random(5 * MiB);
const tail = random(1000);

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => served.server.setMode({ copiedChecksum: "right" }));

function onDisk(): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function base64(crc: number): string {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc);
  return value.toString("base64");
}

async function bytes(Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await served.client.send(new GetObjectCommand({ Bucket, Key, Range }));
  return Buffer.from(await Body!.transformToByteArray());
}

describe("a sparse object", () => {
  test("reads as its pieces and zeros between them, and takes no more than these", async () => {
    const before = onDisk();
    const pieces = [
      { offset: 20 * GiB - 1000, bytes: tail },
      { offset: 7, bytes: head },
    ];
    await served.server.putSparse(Bucket, "sparse", 20 * GiB, pieces);

    const start = await bytes("sparse", "bytes=0-5242899");
    expect(start.equals(Buffer.concat([Buffer.alloc(7), head, Buffer.alloc(13)]))).toBe(true);
    expect(tail.equals(await bytes("sparse", "bytes=-1000"))).toBe(true);
    expect(onDisk() - before).toBe(head.length + 1000);
  });

  test("is copied in parts with the right checksum, and nothing is moved", async () => {
    const before = onDisk();
    const source = `${Bucket}/sparse`;
    const halves = [
      { copy: [0, 5 * GiB - 1], source } as const,
      { copy: [20 * GiB - 1000, 20 * GiB - 1], source } as const,
    ];
    const upload = await uploadParts(served.client, "copied", halves);
    expect(upload.Parts[1]!.ChecksumCRC32).toBe(base64(crc32(tail)));

    const done = await served.client.send(complete("copied", upload));

    // CRC-32 of 7 zeros and the piece, so many zeros, and the tail.
    let expected = crc32(head, crc32(Buffer.alloc(7)));
    const zeros = Buffer.alloc(64 * MiB);
    let rest = 5 * GiB - 7 - head.length;
    for (; rest > 0; rest -= zeros.length) expected = crc32(zeros.subarray(0, rest), expected);
    expect(done.ChecksumCRC32).toBe(base64(crc32(tail, expected)));
    expect(onDisk()).toBe(before);
    expect(served.server.counters().total.bytesCopied).toBe(5 * GiB + 1000);
    expect(served.server.counters().total.bytesIn).toBeLessThan(MiB);
  });

  test("streams through constant memory", async () => {
    await served.server.putSparse(Bucket, "large", GiB, [{ offset: 0, bytes: head }]);
    const { Body } = await served.client.send(
      new GetObjectCommand({ Bucket, Key: "large", Range: `bytes=1-${GiB - 1}` }),
    );
    const before = process.memoryUsage().rss;
    let most = 0;
    let length = 0;
    for await (const piece of Body as AsyncIterable<Uint8Array>) {
      length += piece.length;
      most = Math.max(most, process.memoryUsage.rss());
    }

    expect(length).toBe(GiB - 1);
    expect(most - before).toBeLessThan(200 * MiB);
  });
});

test("a local file becomes an object without being sent", async () => {
  const path = join(folder, "model.keras");
  writeFileSync(path, head);

  const { etag, versionId } = await served.server.putFile(Bucket, "file", path);

  const got = await served.client.send(
    new HeadObjectCommand({ Bucket, Key: "file", ChecksumMode: "ENABLED" }),
  );
  expect(got).toMatchObject({ ETag: etag, VersionId: versionId, ContentLength: head.length });
  expect(got.ChecksumCRC32).toBe(base64(crc32(head)));
  expect(head.equals(await bytes("file"))).toBe(true);
});

test("a copy outlives its source, and the bytes go with the last of them", async () => {
  const before = onDisk();
  const { versionId } = await served.server.putSparse(Bucket, "a", MiB, [
    { offset: 0, bytes: tail },
  ]);
  const { VersionId } = await served.client.send(
    new CopyObjectCommand({ Bucket, Key: "b", CopySource: `${Bucket}/a` }),
  );
  await served.client.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId: versionId }));
  expect(tail.equals((await bytes("b")).subarray(0, 1000))).toBe(true);
  expect(onDisk()).toBe(before + 1000);

  await served.client.send(new DeleteObjectCommand({ Bucket, Key: "b", VersionId }));
  expect(onDisk()).toBe(before);
});

describe("the checksum of a copied range", () => {
  const body = random(6 * MiB);
  const first = random(5 * MiB);
  const plan = [{ data: first }, { copy: [100, 999], source: `${Bucket}/six` }] as const;
  const right = base64(crc32(body.subarray(100, 1000), crc32(first)));

  async function prepare(
    copiedChecksum: "right" | "absent" | "wrong",
  ): Promise<{ key: string; upload: Awaited<ReturnType<typeof uploadParts>> }> {
    served.server.setMode({ copiedChecksum });
    await served.server.putSparse(Bucket, "six", body.length, [{ offset: 0, bytes: body }]);
    const key = newKey();
    return { key, upload: await uploadParts(served.client, key, plan) };
  }

  test("is that of the range", async () => {
    const { key, upload } = await prepare("right");

    expect(upload.Parts[1]!.ChecksumCRC32).toBe(base64(crc32(body.subarray(100, 1000))));
    const done = await served.client.send(complete(key, upload, { ChecksumCRC32: right }));
    expect(done.ChecksumCRC32).toBe(right);
  });

  test("may be absent, and the whole is checked all the same", async () => {
    const { key, upload } = await prepare("absent");

    expect(upload.Parts[1]!.ChecksumCRC32).toBeUndefined();
    const wrong = served.client.send(complete(key, upload, { ChecksumCRC32: "AAAAAA==" }));
    expect(await refusal(wrong)).toBe("BadDigest 400");
    await served.client.send(complete(key, upload, { ChecksumCRC32: right }));
  });

  test("may be that of the whole source, and then the right total is refused", async () => {
    const { key, upload } = await prepare("wrong");

    expect(upload.Parts[1]!.ChecksumCRC32).toBe(base64(crc32(body)));
    const done = served.client.send(complete(key, upload, { ChecksumCRC32: right }));
    expect(await refusal(done)).toBe("BadDigest 400");
  });
});
