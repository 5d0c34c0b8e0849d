import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { cat } from "#shared/cat.ts";
import { inspect } from "#shared/inspect.ts";
import { recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { verify } from "#shared/verify.ts";
import { fixture } from "../support/fixtures.ts";
import { refusal } from "../support/refusal.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { zipArchive, type RawMember } from "../support/zip.ts";

const folder = temporaryFolder();
const unpacked = fixture("keras-3.15.1-jax/unzipped_dir.keras.d");
const names = ["config.json", "metadata.json", "model.weights.h5"];
const reference = join(folder, "reference");

beforeAll(async () => {
  await split(unpacked, { out: reference });
});

function member(name: string, more: Partial<RawMember> = {}): RawMember {
  return { name, content: readFileSync(join(unpacked, basename(name))), ...more };
}

function at(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Artifacts that are not those of the unpacked folder. */
async function differing(path: string): Promise<string[]> {
  const out = `${path}.parts`;
  await split(path, { out });
  const artifacts = ["architecture.json", "model.weights.h5", "training.h5"];
  return artifacts.filter(
    (name) => !readFileSync(join(out, name)).equals(readFileSync(join(reference, name))),
  );
}

describe("an archive that somebody else packed holds the same model:", () => {
  const appleDouble = { content: Buffer.from([0, 5, 22, 7]) };
  const cases: [what: string, members: RawMember[]][] = [
    ["all members compressed", names.map((name) => member(name, { deflated: true }))],
    ["in another order", names.toReversed().map((name) => member(name))],
    [
      "streamed, with sizes behind the members",
      names.map((name) => member(name, { descriptor: true })),
    ],
    ["with an entry for a directory", [{ name: "assets/" }, ...names.map((name) => member(name))]],
    [
      "with Finder's files",
      [
        ...names.map((name) => member(name)),
        { name: "__MACOSX/", content: Buffer.alloc(0) },
        { name: "__MACOSX/._config.json", ...appleDouble },
        { name: ".DS_Store", content: Buffer.from("\0\0\0\u0001Bud1\0\0", "latin1") },
      ],
    ],
    [
      "the folder itself, as Finder packs it",
      [
        { name: "my_model/" },
        ...names.map((name) => member(`my_model/${name}`, { deflated: true })),
        { name: "__MACOSX/my_model/._config.json", ...appleDouble },
      ],
    ],
  ];

  test.each(cases)("%s", async (what, members) => {
    const path = at(`${what}.keras`, zipArchive(members));

    expect(await differing(path)).toEqual([]);
    expect(await verify(`${path}.parts`, { against: unpacked })).toMatchObject({ ok: true });
  });
});

describe("compressed weights are refused", () => {
  const deflated = (central: RawMember["central"]): RawMember[] =>
    names.map((name) => {
      const said = name === "model.weights.h5" ? { central, local: central } : {};
      return member(name, { deflated: true, ...(said as object) });
    });
  const size = readFileSync(join(unpacked, "model.weights.h5")).length;

  test.each([
    ["that have another checksum", { crc32: 1 }, "ZIP_INVALID", /model\.weights\.h5.*checksum/],
    ["that are longer than they say", { size: size - 1 }, "ZIP_INVALID", /more than its declared/],
    ["that are shorter than they say", { size: size + 1 }, "ZIP_INVALID", /another size/],
    ["that say they are a bomb", { size: 2 ** 31 }, "LIMIT_EXCEEDED", /times its stored size/],
  ] as const)("%s", async (what, said, code, message) => {
    const path = at(`${what}.keras`, zipArchive(deflated(said)));

    await expect(inspect(path)).rejects.toMatchObject(refusal(code, message));
  });
});

describe("a folder", () => {
  test("without weights is named with what it lacks", async () => {
    const copy = join(folder, "no-weights.keras");
    cpSync(unpacked, copy, { recursive: true });
    rmSync(join(copy, "model.weights.h5"));

    await expect(inspect(copy)).rejects.toMatchObject(refusal("NOT_A_MODEL", /model\.weights\.h5/));
  });

  test("of another kind is called what it is", async () => {
    const saved = join(folder, "saved");
    mkdirSync(saved);
    writeFileSync(join(saved, "saved_model.pb"), "");

    await expect(inspect(saved)).rejects.toMatchObject(refusal("NOT_A_MODEL", /SavedModel/));
    await expect(split(reference, { out: join(folder, "x") })).rejects.toMatchObject(
      refusal("NOT_A_MODEL", /folder of cleave split/),
    );
  });

  test("is not overwritten by what is split off it", async () => {
    const copy = join(folder, "own.keras");
    cpSync(unpacked, copy, { recursive: true });

    await expect(split(copy, { out: copy, force: true })).rejects.toMatchObject(
      refusal("TARGET_EXISTS", /model\.weights\.h5/),
    );
    expect(await inspect(copy)).toMatchObject({ kind: "model" });
  });
});

describe("weights in shards", () => {
  const model = fixture("keras-3.15.1-jax/sharded.keras");
  const index = fixture("keras-3.15.1-jax/sharded.weights.json");

  test("are one tree, that of the model they were saved from", async () => {
    const out = join(folder, "from-shards.keras");

    await recombine({ architecture: model, weights: index }, { out });

    const [ours, theirs] = await Promise.all([out, model].map((path) => inspect(path)));
    expect(ours!.tensors).toEqual(theirs!.tensors);
    expect(ours!.training).toMatchObject({ tensors: 18 });
    for (const { path } of theirs!.tensors) {
      const [a, b] = await Promise.all([out, model].map((file) => cat(file, path, { head: 999 })));
      expect(a).toEqual(b);
    }
  });

  test("are written on request, and lose nothing", async () => {
    const out = join(folder, "sharded");

    const { manifest } = await split(model, { out, maxShardSize: 20_000 });
    const checked = await verify(out, { against: model });
    await recombine({ folder: out }, { out: join(folder, "again.keras") });
    await split(join(folder, "again.keras"), { out: join(folder, "again") });

    expect(manifest.weights.shards?.map(({ file }) => file)).toEqual([
      "model_00000.weights.h5",
      "model_00001.weights.h5",
    ]);
    expect(checked).toMatchObject({ ok: true });
    expect(await verify(join(folder, "again"), { against: model })).toMatchObject({ ok: true });
    for (const { shard, offset, length, path } of manifest.weights.tensors) {
      const bytes = readFileSync(join(out, shard!)).subarray(offset!, offset! + length);
      const [tensor] = await cat(model, path, { head: 1 });
      expect(Math.fround(bytes.readFloatLE(0))).toBe(tensor!.values![0]);
    }
  });

  test("one of which is gone, damaged or another model's are told", async () => {
    const copy = join(folder, "shards");
    await split(model, { out: copy, maxShardSize: 20_000 });
    const path = join(copy, "model.weights.json");
    const text = readFileSync(path, "utf8");
    const edited = async (from: string, to: string): Promise<unknown> => {
      writeFileSync(path, text.replaceAll(from, to));
      return inspect(path);
    };

    await expect(edited("26892", "26896")).rejects.toMatchObject(
      refusal("MODEL_INVALID", /26896 bytes of tensors, they hold 26892/),
    );
    await expect(edited("model_00001", "../model_00001")).rejects.toMatchObject(
      refusal("MODEL_INVALID", /no \.h5 file beside the index/),
    );
    await expect(edited("model_00001", "model_00007")).rejects.toMatchObject(
      refusal("NOT_FOUND", /model_00007/),
    );
  });

  test("cannot be smaller than a tensor, nor of a legacy model", async () => {
    const out = join(folder, "never");

    await expect(split(model, { out, maxShardSize: 1000 })).rejects.toMatchObject(
      refusal("USAGE", /layers\/dense.* more than the 1000/),
    );
    const legacy = fixture("keras-3.15.1-jax/classic.h5");
    await expect(split(legacy, { out, maxShardSize: 1e9 })).rejects.toMatchObject(
      refusal("UNSUPPORTED", /\.h5 stays whole/),
    );
  });
});
