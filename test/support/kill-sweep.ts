import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DeleteObjectsCommand, ListObjectVersionsCommand, type S3Client } from "@aws-sdk/client-s3";
import type { S3Server } from "../../local/s3/server.ts";
import { artifactNames } from "../../shared/manifest/artifacts.ts";
import { manifestFile } from "../../shared/manifest/names.ts";
import { recombine } from "../../shared/recombine.ts";
import { split } from "../../shared/split.ts";
import { killAtEveryRequest, runOnS3 } from "./command-on-s3.ts";
import { objectBytes } from "./s3-client.ts";

/**
 * Kills the command at every single request of splitting and of recombining a model, and runs it
 * again each time.
 *
 * @param model in the bucket "models"
 * @returns how often it was killed
 * @throws Error where the second run did not end in what is made without S3, to the byte
 */
export async function sweepKills(
  { server, client }: { readonly server: S3Server; readonly client: S3Client },
  model: string,
  folder: string,
): Promise<{ readonly splitting: number; readonly recombining: number }> {
  const ending = model.slice(model.lastIndexOf("."));
  const local = join(folder, `${model}.parts`);
  const { manifest } = await split(`s3://models/${model}`, { out: local, s3: { client } });
  await recombine({ folder: local }, { out: `${local}${ending}` });

  const parts = `${model}.parts`;
  const target = `${model}.again${ending}`;
  const expectSame = async (key: string, path: string): Promise<void> => {
    const bytes = await objectBytes(client, `s3://models/${key}`);
    if (!bytes.equals(readFileSync(path))) throw new Error(`${key} is another than without S3`);
  };
  const sweep = (args: readonly string[], made: ReadonlyMap<string, string>): Promise<number> =>
    killAtEveryRequest(server, args, async (nth) => {
      const { status, stderr } = await runOnS3(server.url, args);
      if (status !== 0) throw new Error(`run again after kill ${nth}: ${stderr}`);
      for (const [key, path] of made) await expectSame(key, path);
      await empty(client, args.at(-1)!.replace("s3://models/", ""));
    });

  const files = [...artifactNames(manifest), manifestFile];
  const splitting = await sweep(
    ["split", `s3://models/${model}`, "--out", `s3://models/${parts}`],
    new Map(files.map((file) => [`${parts}/${file}`, join(local, file)])),
  );
  const recombining = await sweep(
    ["recombine", `s3://models/${parts}`, "--out", `s3://models/${target}`],
    new Map([[target, `${local}${ending}`]]),
  );
  return { splitting, recombining };
}

/** Nothing is below a prefix any more, in any version. */
async function empty(client: S3Client, Prefix: string): Promise<void> {
  const found = await client.send(new ListObjectVersionsCommand({ Bucket: "models", Prefix }));
  const Objects = [...(found.Versions ?? []), ...(found.DeleteMarkers ?? [])].map((version) => {
    return { Key: version.Key!, VersionId: version.VersionId! };
  });
  if (Objects.length === 0) return;
  await client.send(new DeleteObjectsCommand({ Bucket: "models", Delete: { Objects } }));
}
