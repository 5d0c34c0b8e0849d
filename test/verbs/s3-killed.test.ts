import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ListObjectVersionsCommand, DeleteObjectsCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { artifactNames } from "#shared/manifest/artifacts.ts";
import { recombine } from "#shared/recombine.ts";
import { split } from "#shared/split.ts";
import { modelFiles } from "../support/fixtures.ts";
import { killAtEveryRequest, runOnS3 } from "../support/command-on-s3.ts";
import { objectBytes, serveS3 } from "../support/s3.ts";
import { temporaryFolder } from "../support/temporary.ts";

const folder = temporaryFolder();
const served = serveS3();
const fixture = modelFiles.find(({ name }) => name.endsWith("frozen_in_nested.keras"))!;

test("a run killed at any request leaves what the next one cannot complete", async () => {
  const { server, client } = served;
  const { manifest } = await split(fixture.path, { out: join(folder, "parts") });
  await recombine({ folder: join(folder, "parts") }, { out: join(folder, "again.keras") });
  await server.putFile("models", "model.keras", fixture.path);
  const parts = "s3://models/parts";
  const splitting = ["split", "s3://models/model.keras", "--out", parts];
  const target = "s3://models/again.keras";
  const recombining = ["recombine", parts, "--out", target];

  const expectParts = async (): Promise<void> => {
    for (const name of artifactNames(manifest)) {
      const bytes = await objectBytes(client, `${parts}/${name}`);
      expect(bytes.equals(readFileSync(join(folder, "parts", name))), name).toBe(true);
    }
    await objectBytes(client, `${parts}/manifest.json`);
  };
  const kills = await killAtEveryRequest(server, splitting, async () => {
    expect(await runOnS3(server.url, splitting)).toMatchObject({ status: 0 });
    await expectParts();
    await emptied("parts/");
  });
  await expectParts();
  const recombineKills = await killAtEveryRequest(server, recombining, async () => {
    expect(await runOnS3(server.url, recombining)).toMatchObject({ status: 0 });
    const bytes = await objectBytes(client, target);
    expect(bytes.equals(readFileSync(join(folder, "again.keras")))).toBe(true);
    await emptied("again.keras");
  });

  expect(kills).toBeGreaterThan(5);
  expect(recombineKills).toBeGreaterThan(5);
  expect(server.openUploads()).toEqual([]);
});

/** Nothing is below a prefix any more, in any version. */
async function emptied(Prefix: string): Promise<void> {
  const { client } = served;
  const found = await client.send(new ListObjectVersionsCommand({ Bucket: "models", Prefix }));
  const Objects = [...(found.Versions ?? []), ...(found.DeleteMarkers ?? [])].map((version) => {
    return { Key: version.Key!, VersionId: version.VersionId! };
  });
  if (Objects.length > 0) {
    await client.send(new DeleteObjectsCommand({ Bucket: "models", Delete: { Objects } }));
  }
}
