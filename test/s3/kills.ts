import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { CreateBucketCommand, PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import { startS3Server } from "../../local/s3/server.ts";
import { sweepKills } from "../support/kill-sweep.ts";
import { writeLargeModels } from "../support/large-models.ts";
import { s3Client } from "../support/s3-client.ts";

process.exitCode = (await killAll()) ? 0 : 1;

/**
 * Kills the command at every request of a model that takes multipart uploads, on our own server:
 * no other can say when a request arrives.
 */
async function killAll(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "cleave-kills-"));
  try {
    const { keras, h5 } = await writeLargeModels(folder);
    const ended = await Promise.all([keras, h5].map((path) => killOne(path, folder)));
    return ended.every((isRight) => isRight);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns whether every second run ended in the right bytes */
async function killOne(path: string, folder: string): Promise<boolean> {
  const server = await startS3Server();
  const client = s3Client(server.url);
  try {
    await client.send(new CreateBucketCommand({ Bucket: "models" }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await client.send(
      new PutBucketVersioningCommand({ Bucket: "models", VersioningConfiguration }),
    );
    await server.putFile("models", basename(path), path);
    const { splitting, recombining } = await sweepKills(
      { server, client },
      basename(path),
      join(folder, `${basename(path)}.kills`),
    );
    console.log(
      `${basename(path)}: killed at each of ${splitting} requests of split and ${recombining} of ` +
        `recombine; run again, all is there`,
    );
    return true;
  } catch (error) {
    console.error(`${basename(path)}: ${(error as Error).message}`);
    return false;
  } finally {
    client.destroy();
    await server.close();
  }
}
