import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { cat } from "#shared/cat.ts";
import { inspect } from "#shared/inspect.ts";
import { artifactNames } from "#shared/manifest/artifacts.ts";
import { recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { verify } from "#shared/verify.ts";
import { modelFiles } from "../support/fixtures.ts";
import { writeLargeModels } from "../support/large-models.ts";
import { objectBytes } from "../support/s3-client.ts";
import { serveS3 } from "../support/s3.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const served = serveS3();
const MiB = 1024 * 1024;

/** Puts a model in the bucket; its location. */
async function uploaded(path: string, key: string): Promise<string> {
  await served.server.putFile("models", key, path);
  return `s3://models/${key}`;
}

/** All of them go through S3 in test/s3, on servers that are not ours. */
const everyFifth = modelFiles.filter((_, index) => index % 5 === 0);

test.concurrent.for(everyFifth)(
  "$name gives other bytes through S3 than locally",
  async ({ name, path }, { expect: expectHere }) => {
    const { s3, client } = served;
    const key = name.replaceAll("/", "__");
    const local = await split(path, { out: join(folder, key) });
    const out = `s3://models/${key}.cleave`;
    const remote = await split(await uploaded(path, key), { out, s3 });

    const ending = local.manifest.model.family === "v3" ? ".keras" : ".h5";
    const again = join(folder, `${key}.again${ending}`);
    await recombine({ folder: join(folder, key) }, { out: again });
    const remoteAgain = `s3://models/${key}.again${ending}`;
    const { changed } = await recombine({ folder: out }, { out: remoteAgain, s3 });

    expectHere({ ...remote.manifest, source: null }).toEqual({ ...local.manifest, source: null });
    expectHere(changed).toEqual([]);
    for (const file of artifactNames(local.manifest)) {
      const bytes = await objectBytes(client, `${out}/${file}`);
      expectHere(bytes.equals(readFileSync(join(folder, key, file)))).toBe(true);
    }
    const bytes = await objectBytes(client, remoteAgain);
    expectHere(bytes.equals(readFileSync(again))).toBe(true);
  },
);

describe("a model larger than what S3 takes as a part", () => {
  let models: { keras: string; h5: string };
  beforeAll(async () => {
    models = await writeLargeModels(folder);
  });

  describe.each(["keras", "h5"] as const)(".%s", (kind) => {
    test("is split and recombined with other bytes than locally, or through this process", async () => {
      const { s3, client } = served;
      const path = models[kind];
      const local = await split(path, { out: join(folder, kind) });
      const out = `s3://models/${kind}.cleave`;
      const remote = await split(await uploaded(path, `large.${kind}`), { out, s3 });
      const again = join(folder, `again.${kind}`);
      await recombine({ folder: join(folder, kind) }, { out: again });
      const target = `s3://models/again.${kind}`;
      const recombined = await recombine({ folder: out }, { out: target, s3 });

      for (const file of artifactNames(local.manifest)) {
        const bytes = await objectBytes(client, `${out}/${file}`);
        expect([file, bytes.equals(readFileSync(join(folder, kind, file)))]).toEqual([file, true]);
      }
      expect((await objectBytes(client, target)).equals(readFileSync(again))).toBe(true);
      expect(recombined.changed).toEqual([]);
      // Two multipart objects, each with 5 MiB that S3 wants as a first part.
      expect(remote.transfer!.bytesCopied).toBeGreaterThan(18 * MiB);
      expect(remote.transfer!.bytesSent).toBeLessThan(2 * 6 * MiB);
      expect(recombined.transfer!.bytesCopied).toBeGreaterThan(20 * MiB);
      expect(recombined.transfer!.bytesSent).toBeLessThan(6 * MiB);
      expect(served.server.openUploads()).toEqual([]);
    });

    test("is not the same when it is downloaded while it is split", async () => {
      const { s3 } = served;
      const location = await uploaded(models[kind], `download.${kind}`);
      const out = join(folder, `download-${kind}`);
      await split(location, { out, s3, training: false });
      const { ok, checks } = await verify(out, { against: location, s3 });

      expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
      expect(ok).toBe(true);
    });

    test("is not the same when it is uploaded while it is split and recombined", async () => {
      const { s3, client } = served;
      const out = `s3://models/upload-${kind}`;
      const target = `${out}.${kind}`;
      await split(models[kind], { out, s3 });
      await recombine({ folder: out }, { out: target, s3 });
      const { ok } = await verify(out, { against: target, s3 });

      expect(ok).toBe(true);
      expect((await objectBytes(client, target)).length).toBeGreaterThan(30 * MiB * 0.9);
    });
  });

  test("is read whole to say what it is, or to show a tensor", async () => {
    const { s3, server } = served;
    const location = await uploaded(models.keras, "looked-at.keras");
    const inspection = await inspect(location, { s3 });
    const [tensor] = await cat(location, "dense/bias", { head: 2, s3 });

    expect(inspection.name).toBe("looked-at.keras");
    expect(inspection.parameters).toBe(1001 * 1500 + 1501 * 1500);
    expect(tensor!.values).toHaveLength(2);
    expect(server.counters().total.bytesOut).toBeLessThan(MiB);
  });
});

test("a model is another through S3 when its artifacts are too small for S3 to copy", async () => {
  const { s3, client } = served;
  const { keras } = await writeLargeModels(folder, [750, 750, 750]);
  const out = "s3://models/middling";
  const [again, target] = [join(folder, "middling.keras"), "s3://models/middling.keras"];
  await split(keras, { out: join(folder, "middling") });
  await split(await uploaded(keras, "middling"), { out, s3 });
  await recombine({ folder: join(folder, "middling") }, { out: again });
  const { transfer } = await recombine({ folder: out }, { out: target, s3 });

  expect((await objectBytes(client, target)).equals(readFileSync(again))).toBe(true);
  expect(transfer!.bytesCopied).toBe(0);
});

describe("a split that stands there", () => {
  const model = modelFiles.find(({ name }) => name.endsWith(".keras"))!;

  test("is written again though it is of the same version with the same options", async () => {
    const { s3, server } = served;
    const location = await uploaded(model.path, "twice.keras");
    const out = "s3://models/twice";
    const first = await split(location, { out, s3 });
    server.clearLog();
    const second = await split(location, { out, s3 });

    expect(first.existing).toBe(false);
    expect(second).toMatchObject({ existing: true, manifest: first.manifest });
    expect(server.log.filter(({ operation }) => /Put|Upload/.test(operation))).toEqual([]);
  });

  test("is replaced without being told to by that of another version or with other options", async () => {
    const { s3 } = served;
    const location = await uploaded(model.path, "replaced.keras");
    const out = "s3://models/replaced";
    await split(location, { out, s3 });

    const other = split(location, { out, s3, training: false });
    await expect(other).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    await uploaded(model.path, "replaced.keras");
    const newer = split(location, { out, s3 });
    await expect(newer).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    const forced = await split(location, { out, s3, training: false, force: true });
    expect(forced.manifest.training).toBeNull();
    expect((await verify(out, { s3 })).ok).toBe(true);
  });
});

test("a version of a model is not the one that was asked for", async () => {
  const { s3 } = served;
  const [first, second] = modelFiles.filter(({ name }) => name.endsWith(".keras"));
  const { versionId } = await served.server.putFile("models", "versions.keras", first!.path);
  await served.server.putFile("models", "versions.keras", second!.path);
  const location = `s3://models/versions.keras?versionId=${versionId}`;
  const { manifest } = await split(location, { out: "s3://models/versions", s3 });

  expect(manifest.source).toMatchObject({
    bucket: "models",
    key: "versions.keras",
    version: versionId,
    size: readFileSync(first!.path).length,
  });
});
