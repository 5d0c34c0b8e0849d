import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { artifactNames } from "../../shared/manifest/artifacts.ts";
import { recombine } from "../../shared/recombine.ts";
import { split } from "../../shared/split.ts";
import { verify } from "../../shared/verify.ts";
import { createVersionedBucket, empty, removeBucket } from "../contract/bucket.ts";
import type { Outcome } from "../contract/run-contract.ts";
import { modelFiles } from "../support/fixtures.ts";
import { writeLargeModels } from "../support/large-models.ts";
import { objectBytes } from "../support/s3-client.ts";
import type { Subject } from "./suites.ts";

/** Splits and recombines models through a server; each must be as it is locally, to the byte. */
export async function runProduct(subject: Subject): Promise<Outcome[]> {
  const { name: judge, client: server, bucket: given } = subject;
  const folder = mkdtempSync(join(tmpdir(), "cleave-product-"));
  const client = new S3Client({
    ...server,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const id = randomBytes(6).toString("hex");
  const bucket = given ?? `product-${id}`;
  const prefix = given === undefined ? "" : `product-${id}/`;
  try {
    if (given === undefined) await createVersionedBucket(client, bucket);
    const { keras, h5 } = await writeLargeModels(folder);
    const outcomes: Outcome[] = [];
    for (const [index, path] of [keras, h5, ...fixturesFor(judge)].entries()) {
      const name = `${path.split("/").slice(-2).join("/")} is through S3 what it is locally`;
      const base = `s3://${bucket}/${prefix}${index}`;
      const got = await differenceOf(client, path, base, join(folder, `${index}`)).catch(
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      outcomes.push({
        name: name.replace(/^cleave-product-[^/]+/, "a larger model,").replace(",/", ", "),
        ...(got === undefined ? { ok: true } : { ok: false, got }),
      });
    }
    return outcomes;
  } finally {
    if (given === undefined) await removeBucket(client, bucket).catch(() => undefined);
    else await empty(client, bucket, prefix);
    client.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of the judge that does most as S3 does, every one. */
function fixturesFor(judge: string): string[] {
  const chosen = judge === "localstack" ? modelFiles : modelFiles.filter((_, at) => at % 20 === 0);
  return chosen.map(({ path }) => path);
}

/** Undefined where everything that is made through S3 has the bytes of what is made locally. */
async function differenceOf(
  client: S3Client,
  path: string,
  base: string,
  folder: string,
): Promise<string | undefined> {
  const s3 = { client };
  const { manifest } = await split(path, { out: folder });
  const ending = manifest.model.family === "v3" ? ".keras" : ".h5";
  const again = `${folder}${ending}`;
  await recombine({ folder }, { out: again });

  const model = `${base}/model${ending}`;
  await client.send(new PutObjectCommand({ ...address(model), Body: readFileSync(path) }));
  const remote = await split(model, { out: `${base}/parts`, s3 });
  await recombine({ folder: `${base}/parts` }, { out: `${base}/again${ending}`, s3 });
  const { ok } = await verify(`${base}/parts`, { against: model, s3 });

  if (!ok) return "verify finds differences";
  if (
    JSON.stringify({ ...remote.manifest, source: 0 }) !== JSON.stringify({ ...manifest, source: 0 })
  ) {
    return "another manifest";
  }
  for (const name of artifactNames(manifest)) {
    const bytes = await objectBytes(client, `${base}/parts/${name}`);
    if (!bytes.equals(readFileSync(join(folder, name)))) return `another ${name}`;
  }
  const bytes = await objectBytes(client, `${base}/again${ending}`);
  return bytes.equals(readFileSync(again)) ? undefined : "another recombined model";
}

function address(location: string): { Bucket: string; Key: string } {
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location)!;
  return { Bucket: Bucket!, Key: Key! };
}
