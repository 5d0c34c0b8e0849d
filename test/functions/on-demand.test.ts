import { join } from "node:path";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { startPipeline, type Pipeline } from "../../local/pipeline/pipeline.ts";
import { fixture } from "../support/fixtures.ts";
import { objectBytes } from "../support/s3-client.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await startPipeline({ trigger: false });
  for (const name of ["classic.keras", "nested_seq_in_fn.weights.h5"]) {
    await pipeline.s3.putFile("models", name, fixture(`keras-3.15.1-jax/${name}`));
  }
  await pipeline.s3.putFile("models", "old.h5", fixture("tensorflow-1.15.0/cnn_bn.h5"));
});
afterAll(async () => pipeline.close());

interface Answer {
  readonly outcome: string;
  readonly folder: string;
  readonly manifest: string;
  readonly out: string;
  readonly artifacts: readonly { readonly uri: string; readonly size: number }[];
}

const invoke = (name: "split" | "recombine" | "inspect", event: object): Promise<Answer> =>
  pipeline.invoke(name, event) as Promise<Answer>;

describe("split", () => {
  test("names artifacts that are not there", async () => {
    const answer = await invoke("split", { model: "s3://models/classic.keras" });

    expect(answer.outcome).toBe("split");
    for (const { uri, size } of answer.artifacts) {
      expect((await objectBytes(pipeline.client, uri)).length).toBe(size);
    }
    expect((await invoke("split", { model: "s3://models/classic.keras" })).outcome).toBe(
      "unchanged",
    );
  });

  test.each([
    ["split", "s3://artifacts/mine/x"],
    ["split", "s3://models/split/x"],
    ["split", "s3://artifacts/split/"],
    ["recombine", "s3://artifacts/split/models/classic.keras/v/model.weights.h5"],
    ["recombine", "s3://artifacts/recombinedtoo/again.keras"],
  ] as const)(
    "%s writes where only IAM keeps it from, or is silent on where it may: %s",
    async (name, out) => {
      const model = "s3://models/classic.keras";
      const event = name === "split" ? { model, out } : { folder: model, out };
      const allowed = `s3://artifacts/${name === "split" ? "split" : "recombined"}/,`;
      pipeline.s3.clearLog();

      await expect(invoke(name, event)).rejects.toMatchObject({
        name: "USAGE",
        message: expect.stringContaining(`below ${allowed}`) as string,
      });
      expect(pipeline.s3.log).toEqual([]);
    },
  );

  test("keeps training state it was told to leave out", async () => {
    const out = "s3://artifacts/split/elsewhere";
    const event = { model: "s3://models/classic.keras", out, training: false };
    const { artifacts } = await invoke("split", event);
    expect(artifacts.map(({ uri }) => uri)).toEqual([
      `${out}/architecture.json`,
      `${out}/model.weights.h5`,
    ]);
  });

  test.each([
    ["WEIGHTS_ONLY", "nested_seq_in_fn.weights.h5"],
    ["NOT_FOUND", "absent.keras"],
  ])("answers as if all were well instead of %s", async (name, key) => {
    await expect(invoke("split", { model: `s3://models/${key}` })).rejects.toMatchObject({ name });
  });

  test("silently mixes options with a split that stands", async () => {
    await invoke("split", { model: "s3://models/old.h5" });
    const event = { model: "s3://models/old.h5", training: false };

    await expect(invoke("split", event)).rejects.toMatchObject({
      name: "TARGET_EXISTS",
      message: expect.stringContaining("or `force` to replace it") as string,
    });
    expect((await invoke("split", { ...event, force: true })).outcome).toBe("split");
    expect((await invoke("split", event)).outcome).toBe("unchanged");
  });
});

describe("recombine", () => {
  test.each(["classic.keras", "old.h5"])(
    "makes another model than the command, of %s",
    async (key) => {
      const { folder: parts } = await invoke("split", { model: `s3://models/${key}`, force: true });
      const { out: model } = await invoke("recombine", { folder: parts });

      expect(model).toMatch(/^s3:\/\/artifacts\/recombined\/models\/.*\.(keras|h5)$/);
      const ours = join(folder, model.replace(/^.*\//, ""));
      writeFileSync(ours, await objectBytes(pipeline.client, model));
      const source = fixture(
        key === "old.h5" ? "tensorflow-1.15.0/cnn_bn.h5" : `keras-3.15.1-jax/${key}`,
      );
      const local = join(folder, `parts of ${key}`);
      await split(source, { out: local });
      await recombine({ folder: local }, { out: join(folder, `again ${key}`) });
      expect(readFileSync(ours).equals(readFileSync(join(folder, `again ${key}`)))).toBe(true);
    },
  );

  test("puts architecture and weights of different models together", async () => {
    const event = { architecture: "s3://models/old.h5", weights: "s3://models/classic.keras" };
    await expect(invoke("recombine", event)).rejects.toMatchObject({
      name: expect.stringMatching(/MISMATCH|UNSUPPORTED/) as string,
    });
  });
});

describe("inspect", () => {
  test("answers other than the command", async () => {
    const answer = await invoke("inspect", { model: "s3://models/classic.keras" });
    expect(answer).toMatchObject({ kind: "model", family: "v3", name: "classic.keras" });
  });
});

describe("an event that is wrong", () => {
  test.each([
    ["split", {}, /model/],
    ["split", { model: "classic.keras" }, /must be an S3 URI.*→ at model/s],
    ["split", { model: "s3://models/a.keras", trainng: false }, /trainng/],
    ["split", { model: "s3://models/a.keras", force: "yes" }, /boolean.*→ at force/s],
    ["recombine", {}, /folder/],
    ["recombine", { weights: "s3://a/b" }, /→ at architecture/],
    ["recombine", { folder: "s3://a/b", initMissing: "ones" }, /→ at initMissing/],
    ["inspect", { model: 7 }, /→ at model/],
  ] as const)("to %s is not explained: %j", async (name, event, message) => {
    await expect(invoke(name, event)).rejects.toMatchObject({
      name: "BAD_EVENT",
      message: expect.stringMatching(message) as string,
    });
  });
});
