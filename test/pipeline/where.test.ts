import { readFileSync } from "node:fs";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import { splitModel } from "#shared/pipeline/split-model.ts";
import { whereIs, type Whereabouts } from "#shared/pipeline/where.ts";
import { defaultPolicy } from "#shared/scan/policy.ts";
import { fixture } from "../support/fixtures.ts";
import { serveS3 } from "../support/s3.ts";

const served = serveS3();
const classic = readFileSync(fixture("keras-3.15.1-jax/classic.keras"));

beforeAll(async () => {
  for (const Bucket of ["artifacts", "plain"]) {
    await served.client.send(new CreateBucketCommand({ Bucket }));
  }
});

const where = (location: string, artifacts = "artifacts"): Promise<Whereabouts> =>
  whereIs(location, artifacts, { s3: served.s3 });

/** @returns its version */
async function upload(Key: string, Body: string | Buffer, Bucket = "models"): Promise<string> {
  const { VersionId = "" } = await served.client.send(new PutObjectCommand({ Bucket, Key, Body }));
  return VersionId;
}

async function remove(Key: string, Bucket = "models"): Promise<string> {
  const { VersionId = "" } = await served.client.send(new DeleteObjectCommand({ Bucket, Key }));
  return VersionId;
}

/** What the pipeline would do with it by now. */
async function process(key: string, bucket = "models"): Promise<void> {
  await splitModel(
    { bucket, key },
    {
      s3: served.s3,
      artifactsBucket: "artifacts",
      policy: defaultPolicy,
      requestId: "r",
      announce: () => Promise.resolve(),
    },
  );
}

describe("where does not tell apart", () => {
  test("a model that was never uploaded", async () => {
    expect(await where("s3://models/never.keras")).toEqual({
      model: "s3://models/never.keras",
      state: "absent",
      folder: null,
      error: null,
      latest: null,
    });
    expect((await where("s3://models/never.keras?versionId=none")).state).toBe("absent");
  });

  test("a model that is deleted, whether by its key or by the version of the marker", async () => {
    await upload("deleted.keras", classic);
    const marker = await remove("deleted.keras");

    expect((await where("s3://models/deleted.keras")).state).toBe("deleted");
    expect((await where(`s3://models/deleted.keras?versionId=${marker}`)).state).toBe("deleted");
  });

  test("a model that is deleted where no versions are kept, from its artifacts", async () => {
    await upload("deleted.keras", classic, "plain");
    await process("deleted.keras", "plain");
    await remove("deleted.keras", "plain");

    const { state, latest } = await where("s3://plain/deleted.keras");

    expect(state).toBe("deleted");
    expect(latest?.model.key).toBe("deleted.keras");
  });

  test("a version that is deleted for good from one that never was", async () => {
    const version = await upload("versions.keras", classic);
    await process("versions.keras");
    await served.client.send(
      new DeleteObjectCommand({ Bucket: "models", Key: "versions.keras", VersionId: version }),
    );

    expect((await where(`s3://models/versions.keras?versionId=${version}`)).state).toBe("deleted");
    expect((await where("s3://models/versions.keras?versionId=other")).state).toBe("absent");
  });

  test("a model that is split, and one that waits", async () => {
    const version = await upload("resnet.keras", classic);
    expect(await where("s3://models/resnet.keras")).toMatchObject({
      state: "waiting",
      error: null,
    });
    await process("resnet.keras");

    expect(await where("s3://models/resnet.keras")).toEqual({
      model: `s3://models/resnet.keras?versionId=${version}`,
      state: "split",
      folder: `s3://artifacts/split/models/resnet.keras/${version}`,
      error: null,
      latest: null,
    });
    await upload("resnet.keras", classic);
    const { state, latest } = await where("s3://models/resnet.keras");
    expect([state, latest?.model.version]).toEqual(["waiting", version]);
  });

  test("artifacts that an older Cleave has made", async () => {
    await upload("old.keras", classic);
    await process("old.keras");
    const { folder } = await where("s3://models/old.keras");
    const Key = `${folder!.replace("s3://artifacts/", "")}/manifest.json`;
    const CopySource = `artifacts/${Key}`;
    await served.client.send(
      new CopyObjectCommand({
        Bucket: "artifacts",
        Key,
        CopySource,
        MetadataDirective: "REPLACE",
        Metadata: { "cleave-schema": "urn:keras-cleave:manifest:0" },
      }),
    );

    expect(await where("s3://models/old.keras")).toMatchObject({ state: "outdated", folder });
  });

  test("what cannot be split, and why", async () => {
    await upload("broken.keras", "no model");
    expect((await where("s3://models/broken.keras")).state).toBe("waiting");
    await process("broken.keras");

    expect(await where("s3://models/broken.keras")).toMatchObject({
      state: "failed",
      error: { code: "NOT_A_MODEL" },
    });
  });

  test("what the policy keeps away, and why", async () => {
    await upload("lambda.h5", readFileSync(fixture("keras-3.15.1-jax/lambda_layer.h5")));
    await process("lambda.h5");

    expect(await where("s3://models/lambda.h5")).toMatchObject({
      state: "quarantined",
      error: { code: "QUARANTINED" },
    });
  });

  test("weights alone from what waits, though nothing stands there of them", async () => {
    const weights = readFileSync(fixture("keras-3.15.1-jax/nested_seq_in_fn.weights.h5"));
    await upload("w.weights.h5", weights);
    await process("w.weights.h5");

    expect(await where("s3://models/w.weights.h5")).toMatchObject({
      state: "skipped",
      error: { code: "WEIGHTS_ONLY" },
    });
  });

  test("a split model in an archive class from one that cannot be read", async () => {
    await upload("cold.keras", classic, "plain");
    await process("cold.keras", "plain");
    const StorageClass = "GLACIER";
    await served.client.send(
      new PutObjectCommand({ Bucket: "plain", Key: "cold.keras", Body: classic, StorageClass }),
    );

    expect((await where("s3://plain/cold.keras")).state).toBe("split");
  });

  test.each([
    ["s3://modles/resnet.keras", "artifacts", "modles"],
    ["s3://models/waits.keras", "artefacts", "artefacts"],
  ])("%s from a bucket that there is not (%s)", async (location, artifacts, absent) => {
    await upload("waits.keras", classic);

    await expect(where(location, artifacts)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(new RegExp(`${absent}.*no such bucket`)) as string,
    });
  });
});
