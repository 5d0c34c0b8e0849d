import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { memorySource } from "#shared/bytes/memory-source.ts";
import { diagnose } from "#shared/doctor.ts";
import { textAttribute } from "#shared/hdf5/attributes.ts";
import { layOutHdf5 } from "#shared/hdf5/lay-out.ts";
import type { Hdf5Group } from "#shared/hdf5/model.ts";
import { allDatasets } from "#shared/hdf5/tree.ts";
import { legacyTree } from "#shared/keras/legacy.ts";
import type { KerasModel } from "#shared/keras/model.ts";
import { openModel } from "#shared/keras/open-model.ts";
import { layOutV3Archive } from "#shared/keras/v3.ts";
import { repair } from "#shared/repair.ts";
import { fileSystem } from "#shared/stores/file-system/file-system.ts";
import { OpenFiles } from "#shared/stores/open-files.ts";
import { readMember } from "#shared/zip/member.ts";
import { readZip } from "#shared/zip/read.ts";
import { scan } from "#shared/scan.ts";
import { verify } from "#shared/verify.ts";
import { split } from "#shared/split.ts";
import { fixture } from "../support/fixtures.ts";
import { layoutBytes } from "../support/hdf5-files.ts";
import { refusal } from "../support/refusal.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { zipArchive } from "../support/zip.ts";

const folder = temporaryFolder();
const classicKeras = fixture("keras-3.15.1-jax/classic.keras");
const classicH5 = fixture("keras-3.15.1-jax/classic.h5");
const keras = readFileSync(classicKeras);
const h5 = readFileSync(classicH5);

async function withModel<T>(path: string, use: (model: KerasModel) => Promise<T>): Promise<T> {
  const files = new OpenFiles();
  try {
    return await use((await openModel(path, files)).model);
  } finally {
    await files.close();
  }
}

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** That a file holds the model of another, to the byte. */
async function expectSame(path: string, original: string): Promise<void> {
  const parts = `${path}.cleave`;
  await split(path, { out: parts });
  const { checks } = await verify(parts, { against: original });
  expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
}

/** HDF5 behind a block of this many bytes, as h5jam puts one there. */
function behindUserBlock(size: number): Buffer {
  const bytes = Buffer.from(h5);
  bytes.writeBigUInt64LE(BigInt(size), 24);
  bytes.writeBigUInt64LE(BigInt(size + h5.length), 40);
  return Buffer.concat([Buffer.alloc(size, "#"), bytes]);
}

async function deflated(): Promise<Buffer> {
  const members = [...(await readZip(memorySource("keras", keras))).values()];
  return zipArchive(
    await Promise.all(
      members.map(async (member) => {
        return { name: member.name, content: await readMember(member), deflated: true };
      }),
    ),
  );
}

describe("a model is as it was", () => {
  test.each<
    [name: string, kinds: string[], original: string, bytes: () => Buffer | Promise<Buffer>]
  >([
    [
      "before.keras",
      ["before"],
      classicKeras,
      () => Buffer.concat([Buffer.from("x".repeat(99)), keras]),
    ],
    [
      "behind.keras",
      ["behind"],
      classicKeras,
      () => Buffer.concat([keras, Buffer.from("x".repeat(99))]),
    ],
    [
      "both.keras",
      ["before", "behind"],
      classicKeras,
      () => Buffer.concat([h5.subarray(8, 99), keras, h5.subarray(8, 99)]),
    ],
    ["before.h5", ["before"], classicH5, () => Buffer.concat([Buffer.alloc(701, 7), h5])],
    ["behind.h5", ["behind"], classicH5, () => Buffer.concat([h5, Buffer.alloc(701, 7)])],
    ["block.h5", ["before"], classicH5, () => behindUserBlock(1024)],
    ["deflated.keras", ["deflated"], classicKeras, deflated],
    ["wrong.h5", ["extension"], classicKeras, () => keras],
    ["wrong.keras", ["extension"], classicH5, () => h5],
    ["none", ["extension"], classicH5, () => h5],
  ])("after what is wrong with %s is repaired: %j", async (name, kinds, original, bytes) => {
    const path = written(name, await bytes());

    const diagnosis = await diagnose(path);
    expect(diagnosis.sound).toBe(false);
    expect(diagnosis.repairs.map(({ kind }) => kind)).toEqual(kinds);
    const { out, repairs } = await repair(path);

    expect(repairs).toEqual(diagnosis.repairs);
    expect(out).toMatch(original === classicKeras ? /\.repaired\.keras$/ : /\.repaired\.h5$/);
    await expectSame(out!, original);
    expect(await diagnose(out!)).toMatchObject({ sound: true, repairs: [], verdict: "clean" });
  });

  test("an archive whose places were corrected for what stands before it is one too", async () => {
    const prefix = Buffer.from("#!/bin/sh\n");
    const path = written("corrected.keras", corrected(prefix, keras));

    const { out, repairs } = await repair(path);

    expect(repairs.map(({ kind }) => kind)).toEqual(["before"]);
    await expectSame(out!, classicKeras);
  });
});

/** As `zip -A` leaves an archive behind a prefix. */
function corrected(prefix: Buffer, archive: Buffer): Buffer {
  const bytes = Buffer.concat([prefix, archive]);
  const end = bytes.lastIndexOf("PK\x05\x06");
  for (let at = bytes.indexOf("PK\x01\x02"); at >= 0; at = bytes.indexOf("PK\x01\x02", at + 1)) {
    bytes.writeUInt32LE(bytes.readUInt32LE(at + 42) + prefix.length, at + 42);
  }
  bytes.writeUInt32LE(bytes.readUInt32LE(end + 16) + prefix.length, end + 16);
  return bytes;
}

describe("short names of losses", () => {
  test.each([
    ['"mse"', '"mean_squared_error"'],
    ['["MAE", "bce", "hinge"]', '["mean_absolute_error", "binary_crossentropy", "hinge"]'],
    ['{"a": "KLD", "mse": "huber"}', '{"a": "kl_divergence", "mse": "huber"}'],
  ])("become what Keras finds: %s", async (loss, expected) => {
    const path = await withModel(classicH5, async (model) => {
      const trainingConfig = model.trainingConfig!.replace(
        '"sparse_categorical_crossentropy"',
        loss,
      );
      return written(
        "loss.h5",
        await layoutBytes(layOutHdf5(legacyTree({ ...model, trainingConfig }))),
      );
    });

    const { out, repairs } = await repair(path, { force: true });

    expect(repairs.map(({ kind }) => kind)).toEqual(["loss"]);
    await withModel(out!, async ({ trainingConfig }) => {
      expect(trainingConfig).toContain(`"loss": ${expected}, "loss_weights"`);
    });
  });

  test.each(['"Mse"', '"my_mse"', '{"class_name": "mse", "config": {}}', "null"])(
    "are left alone where they are none: %s",
    async (loss) => {
      const path = await withModel(classicH5, async (model) => {
        const trainingConfig = model.trainingConfig!.replace(
          '"sparse_categorical_crossentropy"',
          loss,
        );
        return written(
          "other.h5",
          await layoutBytes(layOutHdf5(legacyTree({ ...model, trainingConfig }))),
        );
      });

      expect(await repair(path)).toEqual({ path, out: null, repairs: [] });
    },
  );
});

test("bfloat16 is marked again where the architecture says that it is", async () => {
  // Written by Keras 3.15.1 under the policy bfloat16.
  const original = fileURLToPath(new URL("bfloat16.keras", import.meta.url));
  const path = await withModel(original, async (model) => {
    const training = model.training === null ? null : unmarked(model.training);
    const bare = { ...model, weights: unmarked(model.weights), training };
    const bareFile = join(folder, "bare.keras");
    await fileSystem.writeFile(bareFile, layOutV3Archive(bare), { overwrite: false });
    return bareFile;
  });

  const { out, repairs } = await repair(path);

  expect(repairs.map(({ kind }) => kind)).toEqual(["bfloat16"]);
  const marks = (of: string): Promise<(string | null)[]> =>
    withModel(of, async ({ weights }) =>
      allDatasets(weights).map(({ node }) => textAttribute(node, "dtype")),
    );
  expect(await marks(out!)).toEqual(await marks(original));
  expect(await marks(path)).not.toEqual(await marks(original));
});

function unmarked(group: Hdf5Group): Hdf5Group {
  const children = [...group.children].map(([name, child]) => {
    const attributes = child.attributes.filter((attribute) => attribute.name !== "dtype");
    return [name, child.kind === "group" ? unmarked(child) : { ...child, attributes }] as const;
  });
  return { ...group, children: new Map(children) };
}

describe("nothing is written", () => {
  let target: string;
  beforeAll(() => {
    target = join(folder, "target.keras");
  });

  test("of a sound model", async () => {
    expect(await repair(classicKeras, { out: target })).toMatchObject({ out: null, repairs: [] });
    expect(() => readFileSync(target)).toThrow(/ENOENT/);
  });

  test("over the file itself, or what is there", async () => {
    const path = written("junk.keras", Buffer.concat([keras, Buffer.from("xx")]));
    const taken = written("taken.keras", Buffer.from("mine"));

    await expect(repair(path, { out: path, force: true })).rejects.toMatchObject(
      refusal("TARGET_EXISTS", /stays as it is/),
    );
    await expect(repair(path, { out: taken })).rejects.toMatchObject(
      refusal("TARGET_EXISTS", /taken/),
    );
    expect(readFileSync(taken, "utf8")).toBe("mine");
  });

  test("under a name by which Keras would not read it", async () => {
    const path = written("other.h5", keras);

    await expect(repair(path, { out: join(folder, "x.h5") })).rejects.toMatchObject(
      refusal("USAGE", /ends in .keras/),
    );
  });

  test("of a model that is damaged otherwise", async () => {
    const damaged = Buffer.from(keras);
    damaged[damaged.length - 700]! ^= 1;
    const path = written("damaged.keras", Buffer.concat([damaged, Buffer.from("xx")]));

    await expect(repair(path, { out: target })).rejects.toMatchObject(
      refusal("ZIP_INVALID", /does not match its checksum/),
    );
    expect(() => readFileSync(target)).toThrow(/ENOENT/);
  });

  test("of what is no model", async () => {
    const path = written("page.keras", Buffer.from("<!DOCTYPE html><html></html>"));

    await expect(repair(path)).rejects.toMatchObject(refusal("NOT_A_MODEL", /HTML/));
  });
});

describe("a diagnosis", () => {
  test("of a sound model has nothing to say", async () => {
    expect(await diagnose(classicKeras)).toMatchObject({
      sound: true,
      findings: [],
      left: null,
      repairs: [],
      tensorBytes: "verified",
    });
  });

  test("of a cut model counts what is left, and what the architecture expects beside it", async () => {
    const path = written("cut.h5", h5.subarray(0, h5.length - 5000));

    const { sound, left, findings } = await diagnose(path);

    expect(sound).toBe(false);
    expect(findings[0]).toMatchObject({
      id: "KB705",
      message: expect.stringMatching(/tensors? (?:is|are) complete/) as string,
    });
    expect(left).toMatchObject({ hasArchitecture: true });
    expect(left!.complete).toBeLessThan(left!.known + 1);
  });

  test("of a custom object is that it is sound: scan says what is odd", async () => {
    const path = join(folder, "lambda.h5");
    copyFileSync(fixture("keras-3.15.1-jax/lambda_layer.h5"), path);

    expect(await scan(path)).toMatchObject({ verdict: "dangerous" });
    expect(await diagnose(path)).toMatchObject({ sound: true, verdict: "dangerous" });
  });
});
