import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type GetObjectCommandInput,
  type ListObjectVersionsCommandOutput,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import { Bucket, MiB, complete, newKey, random, refusal, serve, uploadParts } from "./serve.ts";

const served = serve();

async function put(
  Key: string,
  Body: string | Uint8Array,
  options: { IfMatch?: string; IfNoneMatch?: string; StorageClass?: "GLACIER" } = {},
): Promise<{ ETag: string; VersionId: string }> {
  const { ETag, VersionId } = await served.client.send(
    new PutObjectCommand({ Bucket, Key, Body, ...options }),
  );
  return { ETag: ETag!, VersionId: VersionId! };
}

async function get(Key: string, options: Partial<GetObjectCommandInput> = {}): Promise<string> {
  const got = await served.client.send(new GetObjectCommand({ Bucket, Key, ...options }));
  return got.Body!.transformToString();
}

describe("a range", () => {
  beforeAll(async () => {
    await put("digits", "0123456789");
    await put("empty", new Uint8Array(0));
  });

  test.each([
    ["bytes=2-4", "234"],
    ["bytes=7-", "789"],
    ["bytes=-2", "89"],
    ["bytes=8-99", "89"],
    ["bytes=-99", "0123456789"],
    ["bytes=4-2", "0123456789"],
    ["bytes=1-2,4-5", "0123456789"],
  ])("%s gives %s", async (Range, expected) => {
    expect(await get("digits", { Range })).toBe(expected);
  });

  test.each([
    ["digits", "bytes=10-"],
    ["digits", "bytes=-0"],
    ["empty", "bytes=0-"],
    ["empty", "bytes=-5"],
  ])("of %s that holds nothing, %s, is refused", async (Key, Range) => {
    expect(await refusal(get(Key, { Range }))).toBe("InvalidRange 416");
  });
});

describe("versions", () => {
  test("each keeps its bytes, also where a range of it is read", async () => {
    const one = await put("versioned", "version one");
    await put("versioned", "version two");

    const range = { VersionId: one.VersionId, IfMatch: one.ETag, Range: "bytes=8-10" };
    expect(await get("versioned", range)).toBe("one");
    expect(await get("versioned")).toBe("version two");
    expect(await refusal(get("versioned", { VersionId: "A".repeat(32) }))).toBe(
      "NoSuchVersion 404",
    );
  });

  test("a delete marker hides them until it is deleted itself", async () => {
    await put("hidden", "x");
    const { VersionId } = await served.client.send(
      new DeleteObjectCommand({ Bucket, Key: "hidden" }),
    );

    expect(await refusal(get("hidden"))).toBe("NoSuchKey 404");
    expect(await refusal(get("hidden", { VersionId }))).toBe("MethodNotAllowed 405");
    expect(await refusal(put("hidden", "y", { IfMatch: '"00"' }))).toBe("NoSuchKey 404");
    await served.client.send(new DeleteObjectCommand({ Bucket, Key: "hidden", VersionId }));
    expect(await get("hidden")).toBe("x");
  });

  test("are listed newest first, page by page, each once", async () => {
    for (const body of ["1", "2", "3"]) await put("list/b", body);
    await put("list/a", "1");
    await served.client.send(new DeleteObjectCommand({ Bucket, Key: "list/a" }));
    const seen: string[] = [];
    let marker: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (marker !== undefined) {
      const list: ListObjectVersionsCommandOutput = await served.client.send(
        new ListObjectVersionsCommand({ Bucket, Prefix: "list/", MaxKeys: 2, ...marker }),
      );
      for (const { Key, IsLatest } of list.DeleteMarkers ?? []) seen.push(`${Key} ${IsLatest} -`);
      for (const { Key, IsLatest } of list.Versions ?? []) seen.push(`${Key} ${IsLatest}`);
      marker = list.IsTruncated
        ? { KeyMarker: list.NextKeyMarker!, VersionIdMarker: list.NextVersionIdMarker! }
        : undefined;
    }

    expect(seen).toEqual([
      "list/a true -",
      "list/a false",
      "list/b true",
      "list/b false",
      "list/b false",
    ]);
  });
});

test("of writes that race for a new key one wins", async () => {
  const key = newKey();
  const writes = Array.from({ length: 8 }, (_, number) =>
    put(key, `${number}`, { IfNoneMatch: "*" }),
  );

  const outcomes = await Promise.all(writes.map(refusal));

  expect(outcomes.filter((outcome) => outcome === "not refused")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === "PreconditionFailed 412")).toHaveLength(7);
});

test("what is archived cannot be read, and says so", async () => {
  await put("archived", "x", { StorageClass: "GLACIER" });

  const head = await served.client.send(new HeadObjectCommand({ Bucket, Key: "archived" }));
  expect(head.StorageClass).toBe("GLACIER");
  expect(await refusal(get("archived"))).toBe("InvalidObjectState 403");
});

test("keys are listed in the order of their UTF-8, with prefixes, page by page", async () => {
  const keys = ["p/a", "p/b/1", "p/b/2", "p/c", "p/\uffee", "p/😀", "p/a&<b>"];
  for (const key of keys) await put(key, "x");
  const seen: string[] = [];
  let token: string | undefined;
  do {
    const list: ListObjectsV2CommandOutput = await served.client.send(
      new ListObjectsV2Command({
        Bucket,
        Prefix: "p/",
        Delimiter: "/",
        MaxKeys: 1,
        ContinuationToken: token,
      }),
    );
    seen.push(...(list.Contents ?? []).map(({ Key }) => Key!));
    seen.push(...(list.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!));
    token = list.NextContinuationToken;
  } while (token !== undefined);

  expect(seen).toEqual(["p/a", "p/a&<b>", "p/b/", "p/c", "p/\uffee", "p/😀"]);
});

test("deleting many keys says of each what became of it", async () => {
  const kept = await put("many/kept", "x");
  await put("many/gone", "x");
  const Objects = [
    { Key: "many/gone" },
    { Key: "many/kept", VersionId: "B".repeat(32) },
    { Key: "many/kept", ETag: '"00"' },
  ];

  const { Deleted, Errors } = await served.client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects } }),
  );

  expect(Deleted).toMatchObject([{ Key: "many/gone", DeleteMarker: true }, { Key: "many/kept" }]);
  expect(Errors).toMatchObject([{ Key: "many/kept", Code: "PreconditionFailed" }]);
  expect(await get("many/kept", { VersionId: kept.VersionId })).toBe("x");
});

describe("a multipart upload", () => {
  const first = random(5 * MiB);
  const last = random(10);

  test("is listed with its parts until it is complete, and answers the same twice", async () => {
    const key = newKey();
    const upload = await uploadParts(served.client, key, [{ data: first }, { data: last }]);
    const { UploadId } = upload;

    const parts = await served.client.send(
      new ListPartsCommand({ Bucket, Key: key, UploadId, MaxParts: 1 }),
    );
    expect(parts).toMatchObject({ IsTruncated: true, NextPartNumberMarker: "1" });
    const uploads = await served.client.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(uploads.Uploads).toMatchObject([{ Key: key, UploadId, ChecksumType: "FULL_OBJECT" }]);
    const done = await served.client.send(complete(key, upload));
    const again = await served.client.send(complete(key, upload));
    expect([again.ETag, again.VersionId]).toEqual([done.ETag, done.VersionId]);
    expect(served.server.openUploads()).toEqual([]);

    const part = await served.client.send(
      new GetObjectCommand({ Bucket, Key: key, PartNumber: 2 }),
    );
    expect(part.PartsCount).toBe(2);
    expect(last.equals(await part.Body!.transformToByteArray())).toBe(true);
    const { ObjectParts, Checksum } = await served.client.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: key,
        ObjectAttributes: ["ObjectParts", "Checksum"],
      }),
    );
    expect(ObjectParts).toEqual({ TotalPartsCount: 2 });
    expect(Checksum!.ChecksumCRC32).toBe(done.ChecksumCRC32);
  });

  test.each([
    ["CRC64NVME", "COMPOSITE"],
    ["SHA256", "FULL_OBJECT"],
    ["SHA1", "FULL_OBJECT"],
  ] as const)("has no %s that is %s", async (ChecksumAlgorithm, ChecksumType) => {
    const upload = { Bucket, Key: newKey(), ChecksumAlgorithm, ChecksumType };

    const answer = served.client.send(new CreateMultipartUploadCommand(upload));

    expect(await refusal(answer)).toBe("InvalidRequest 400");
  });

  test("with a composite checksum wants that of each part", async () => {
    const key = newKey();
    const { UploadId } = await served.client.send(
      new CreateMultipartUploadCommand({ Bucket, Key: key, ChecksumAlgorithm: "SHA256" }),
    );
    const part = { Bucket, Key: key, UploadId, PartNumber: 1, Body: last };
    const other = served.client.send(new UploadPartCommand(part));
    expect(await refusal(other)).toBe("InvalidRequest 400");
    const { ETag, ChecksumSHA256 } = await served.client.send(
      new UploadPartCommand({ ...part, ChecksumAlgorithm: "SHA256" }),
    );
    const without = { UploadId: UploadId!, Parts: [{ PartNumber: 1, ETag }] };
    expect(await refusal(served.client.send(complete(key, without)))).toBe("InvalidRequest 400");

    const Parts = [{ PartNumber: 1, ETag, ChecksumSHA256 }];
    const done = await served.client.send(complete(key, { UploadId: UploadId!, Parts }));

    expect(done.ChecksumType).toBe("COMPOSITE");
    expect(done.ChecksumSHA256).toMatch(/-1$/);
  });

  test.each([0, 10_001])("has no part %i", async (PartNumber) => {
    const key = newKey();
    const { UploadId } = await served.client.send(
      new CreateMultipartUploadCommand({ Bucket, Key: key }),
    );
    const part = { Bucket, Key: key, UploadId, PartNumber, Body: last };

    const answer = served.client.send(new UploadPartCommand(part));

    expect(await refusal(answer)).toBe("InvalidArgument 400");
  });

  test("of no parts is malformed", async () => {
    const key = newKey();
    const { UploadId } = await uploadParts(served.client, key, [{ data: last }]);

    const answer = served.client.send(complete(key, { UploadId, Parts: [] }));

    expect(await refusal(answer)).toBe("MalformedXML 400");
  });
});
