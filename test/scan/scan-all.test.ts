import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import { vlenText } from "#shared/hdf5/text.ts";
import { openModel } from "#shared/keras/open-model.ts";
import { fileSystem } from "#shared/stores/file-system/file-system.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { scan, scanAll } from "#shared/scan.ts";
import { split } from "#shared/split.ts";
import { parseArchitecture } from "#shared/keras/architecture-text.ts";
import { readMember } from "#shared/zip/member.ts";
import { readZip } from "#shared/zip/read.ts";
import { fixture } from "../support/fixtures.ts";
import { serveS3 } from "../support/s3.ts";
import { refusal } from "../support/hdf5-files.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { zipArchive } from "../support/zip.ts";

const served = serveS3();
const folder = temporaryFolder();
const classic = fixture("keras-3.15.1-jax/classic.keras");
const lambda = fixture("keras-3.15.1-jax/lambda_layer.h5");

describe("of a folder", () => {
  test("all models are scanned, whatever they are called, and the worst counts", async () => {
    const models = join(folder, "models");
    mkdirSync(join(models, "deep", "er"), { recursive: true });
    copyFileSync(classic, join(models, "good.keras"));
    copyFileSync(lambda, join(models, "deep", "er", "hidden.bin"));
    copyFileSync(classic, join(models, "deep", "no-extension"));
    writeFileSync(join(models, "README.md"), "# models");
    await split(classic, { out: join(models, "good.cleave") });
    cpSync(fixture("keras-3.15.1-jax/unzipped_dir.keras.d"), join(models, "unpacked"), {
      recursive: true,
    });

    const { verdict, models: found, passedOver } = await scanAll(models);

    const facts = found.map(({ path, kind, verdict: one }) => [
      path.slice(models.length + 1),
      `${kind}, ${one}`,
    ]);
    expect(Object.fromEntries(facts)).toEqual({
      "deep/er/hidden.bin": "model, dangerous",
      "deep/no-extension": "model, clean",
      "good.cleave": "split, clean",
      "good.keras": "model, clean",
      unpacked: "model, clean",
    });
    expect(verdict).toBe("dangerous");
    expect(passedOver).toBe(1);
  });

  test("a split hides nothing that stands beside its artifacts, nor does what cannot be opened", async () => {
    const models = join(folder, "beside");
    await split(classic, { out: models });
    copyFileSync(lambda, join(models, "evil.h5"));
    mkdirSync(join(models, "assets"), { recursive: true });
    symlinkSync(models, join(models, "loop.keras"));
    writeFileSync(
      join(models, "model.json"),
      '{"class_name": "Lambda", "config": {"function": ["4wAA", null, null]}}',
    );

    const { models: found } = await scanAll(models);

    const verdicts = found.map(({ path, verdict }) => [path.slice(models.length + 1), verdict]);
    expect(Object.fromEntries(verdicts)).toEqual({
      "": "clean",
      "evil.h5": "dangerous",
      "model.json": "dangerous",
    });
  });

  test("without a model in it, that is said", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    writeFileSync(join(empty, "notes.txt"), "none");

    await expect(scanAll(empty)).rejects.toMatchObject(refusal("NOT_A_MODEL", /no model/));
  });
});

test("an architecture alone is scanned, as to_json() writes it and as split does", async () => {
  const out = join(folder, "parts");
  await split(lambda, { out });
  const path = join(out, "architecture.json");
  parseArchitecture(readFileSync(path, "utf8"));

  expect(await scan(path)).toMatchObject({ kind: "architecture", verdict: "dangerous" });
});

test("code in an architecture is found in a file that is refused for another reason", async () => {
  const bytes = readFileSync(lambda);
  const cut = join(folder, "cut.h5");
  writeFileSync(cut, bytes.subarray(0, bytes.length - 1));

  const { verdict, findings } = await scan(cut);

  expect(verdict).toBe("unreadable");
  expect(findings.map(({ id }) => id)).toEqual(["KB705", "KS101"]);
});

test.each(["Config.json", "config.js\uff4fn", "MODEL.weights.h5"])(
  "a second member %j, which some file systems take for Keras's own, is found",
  async (name) => {
    const source = memorySource(classic, readFileSync(classic));
    const members = [...(await readZip(source)).values()].map(async (member) => {
      return { name: member.name, content: await readMember(member) };
    });
    const path = join(folder, "alike.keras");
    const second = { name, content: Buffer.from("{}") };
    writeFileSync(path, zipArchive([...(await Promise.all(members)), second]));

    const { findings } = await scan(path);

    expect(findings.map(({ id }) => id)).toContain("KZ616");
  },
);

test("weights with an architecture in an attribute are looked into as a model", async () => {
  const files = new OpenFiles();
  const { model } = await openModel(lambda, files);
  const weights = {
    ...model.weights,
    attributes: [
      ...model.weights.attributes,
      vlenText("model_config", model.architecture!, "ascii"),
    ],
  };
  const path = join(folder, "quiet.h5");
  await fileSystem.writeFile(path, layOutHdf5(weights), { overwrite: false });
  await files.close();

  const { kind, findings } = await scan(path);

  expect(kind).toBe("weights");
  expect(findings.map(({ id }) => id)).toEqual(["KS101"]);
});

test("a pickle under a model's name is called one", async () => {
  const path = join(folder, "pickle.h5");
  writeFileSync(path, Buffer.from("800495280000000000000000", "hex"));

  const { verdict, action, findings } = await scan(path);

  expect({ verdict, action }).toEqual({ verdict: "unreadable", action: "quarantine" });
  expect(findings[0]?.id).toBe("KS115");
});

test("a file that is absent is no finding", async () => {
  await expect(scan(join(folder, "absent.keras"))).rejects.toMatchObject(
    refusal("NOT_FOUND", /absent/),
  );
});

test("a prefix on S3 is scanned as a folder is", async () => {
  const { server, s3 } = served;
  for (const [key, path] of [
    ["in/good.keras", fixture("keras-3.15.1-jax/cnn_bn.keras")],
    ["in/deep/bad", lambda],
    ["in/notes.txt", fileURLToPath(import.meta.url)],
  ] as const) {
    await server.putFile("models", key, path);
  }

  const { models, passedOver } = await scanAll("s3://models/in/", { s3 });

  const facts = models.map(({ path, verdict }) => [path, verdict]);
  expect(Object.fromEntries(facts)).toEqual({
    "s3://models/in/good.keras": "clean",
    "s3://models/in/deep/bad": "dangerous",
  });
  expect(passedOver).toBe(1);
});
