import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import { inspect } from "#shared/inspect.ts";
import { recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { modelFiles } from "../support/fixtures.ts";
import { refused } from "../support/refusal.ts";
import { serveS3 } from "../support/s3.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const served = serveS3();
const fixture = modelFiles.find(({ name }) => name.endsWith(".keras"))!;

beforeAll(async () => {
  const { server, s3 } = served;
  await server.putFile("models", "model.keras", fixture.path);
  await split("s3://models/model.keras", { out: "s3://models/parts", s3 });
});

describe("is not named, or without what to do:", () => {
  test.each([
    ["a bucket that is not there", "s3://nowhere/a.keras", "NOT_FOUND", /nowhere/],
    ["a key that is not there", "s3://models/absent.keras", "NOT_FOUND", /absent.*key/],
    [
      "a version that is not there",
      `s3://models/model.keras?versionId=${"A".repeat(32)}`,
      "NOT_FOUND",
      /model\.keras/,
    ],
    ["a bucket without a key", "s3://models", "USAGE", /s3:\/\/bucket\/key/],
  ])("%s", async (_, location, code, message) => {
    const error = await refused(inspect(location, { s3: served.s3 }));

    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test("a key that is not there, to one who must not list", async () => {
    const { server, s3 } = served;
    const denied = { kind: "status", status: 403, code: "AccessDenied" } as const;
    server.inject({ ...denied, operation: "HeadObject", times: Infinity });
    const error = await refused(inspect("s3://models/absent.keras", { s3 }));

    expect(error).toMatchObject({ code: "ACCESS_DENIED" });
    expect(error.message).toMatch(/s3:GetObject.*s3:ListBucket.*check the key/);
  });

  test("a model in an archive", async () => {
    const { client, s3 } = served;
    const object = { Bucket: "models", Key: "cold.keras", Body: "x" };
    await client.send(new PutObjectCommand({ ...object, StorageClass: "GLACIER" }));
    const error = await refused(inspect("s3://models/cold.keras", { s3 }));

    expect(error).toMatchObject({ code: "IO" });
    expect(error.message).toMatch(/GLACIER.*restore-object/);
  });

  test("credentials that are missing", async () => {
    const credentials = async (): Promise<never> => {
      throw Object.assign(new Error("Could not load"), { name: "CredentialsProviderError" });
    };
    const { url: endpoint } = served.server;
    const client = new S3Client({
      endpoint,
      region: "us-east-1",
      credentials,
      forcePathStyle: true,
    });
    const error = await refused(inspect("s3://models/model.keras", { s3: { client } }));

    expect(error).toMatchObject({ code: "ACCESS_DENIED" });
    expect(error.message).toMatch(/credentials.*AWS_PROFILE/);
  });

  test("a server that is not there", async () => {
    const client = new S3Client({
      endpoint: "http://127.0.0.1:9",
      region: "us-east-1",
      forcePathStyle: true,
      maxAttempts: 2,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    const error = await refused(inspect("s3://models/model.keras", { s3: { client } }));

    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(error.message).toMatch(/ECONNREFUSED.*later/);
  });
});

describe("is overwritten without being told to:", () => {
  test("a model that stands where another is to be made", async () => {
    const { client, s3 } = served;
    const target = "s3://models/taken.keras";
    await client.send(new PutObjectCommand({ Bucket: "models", Key: "taken.keras", Body: "x" }));
    const error = await refused(recombine({ folder: "s3://models/parts" }, { out: target, s3 }));

    expect(error).toMatchObject({ code: "TARGET_EXISTS" });
    expect(error.message).toMatch(/--force/);
    await recombine({ folder: "s3://models/parts" }, { out: target, s3, force: true });
    expect((await inspect(target, { s3 })).kind).toBe("model");
  });

  test("one of the same size with other bytes", async () => {
    const { client, s3 } = served;
    const target = "s3://models/same-size.keras";
    const { size } = await recombine({ folder: "s3://models/parts" }, { out: target, s3 });
    const Body = Buffer.alloc(size);
    await client.send(new PutObjectCommand({ Bucket: "models", Key: "same-size.keras", Body }));
    const error = await refused(recombine({ folder: "s3://models/parts" }, { out: target, s3 }));

    expect(error).toMatchObject({ code: "TARGET_EXISTS" });
  });

  test("the model itself, or what it is made from", async () => {
    const { s3 } = served;
    const weights = "s3://models/parts/model.weights.h5";
    const architecture = "s3://models/model.keras";
    const own = recombine({ architecture, weights }, { out: architecture, s3, force: true });

    expect(await refused(own)).toMatchObject({ code: "TARGET_EXISTS" });
  });
});

test("a stopped run goes on, or leaves something behind", async () => {
  const { server, s3 } = served;
  const controller = new AbortController();
  server.inject({
    kind: "call",
    operation: "PutObject",
    call: () => controller.abort(new Error("stopped")),
  });
  const out = "s3://models/stopped";
  const splitting = split("s3://models/model.keras", { out, s3, signal: controller.signal });

  await expect(splitting).rejects.toThrow("stopped");
  expect(server.openUploads()).toEqual([]);
  const written = server.log.filter(({ operation }) => operation === "PutObject");
  expect(written.map(({ key }) => key)).not.toContain("stopped/manifest.json");
});

test("a model of S3 that is no model is split", async () => {
  const { client, s3 } = served;
  await client.send(new PutObjectCommand({ Bucket: "models", Key: "page.keras", Body: "<html>" }));
  const error = await refused(split("s3://models/page.keras", { out: join(folder, "page"), s3 }));

  expect(error.code).toBe("NOT_A_MODEL");
  expect(error.message).toMatch(/s3:\/\/models\/page\.keras.*HTML/);
});
