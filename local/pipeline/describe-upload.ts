import { GetObjectCommand } from "@aws-sdk/client-s3";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline as stream } from "node:stream/promises";
import { dim, yellow } from "../../cli/terminal/colour.ts";
import { plain } from "../../cli/terminal/format.ts";
import { parseAddress } from "../../shared/stores/s3/address.ts";
import { S3Documents } from "../../shared/stores/s3/documents.ts";
import { whereIs } from "../../shared/pipeline/where.ts";
import type { ObjectCreatedEvent } from "../s3/server.ts";
import { artifactsBucket, type Pipeline } from "./pipeline.ts";

/** Waits until an upload is done with, copies its artifacts to a folder, and says what became of it. */
export async function describeUpload(
  pipeline: Pipeline,
  event: ObjectCreatedEvent,
  folder: string,
): Promise<string> {
  const started = performance.now();
  await pipeline.uploads.idle();
  const { bucket, object } = event.detail;
  const version = object["version-id"];
  const location = `s3://${bucket.name}/${object.key}${version === undefined ? "" : `?versionId=${version}`}`;
  const { state, folder: place, error } = await whereIs(location, artifactsBucket);
  const name = plain(object.key);
  if (state === "split") {
    const target = join(folder, object.key);
    await copyFolder(pipeline, place!, target);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    return `${name}: split in ${seconds} s → ${plain(target)}`;
  }
  const why = error === null ? "" : `: ${error.code}: ${plain(error.message)}`;
  if (state === "waiting") {
    return yellow(
      `${name}: not split, though tried three times: POWERTOOLS_LOG_LEVEL=INFO says why`,
    );
  }
  const text = `${name}: ${state}${why}`;
  return state === "failed" || state === "quarantined" ? yellow(text) : dim(text);
}

async function copyFolder(pipeline: Pipeline, place: string, target: string): Promise<void> {
  const documents = new S3Documents();
  const prefix = `${place.replace(`s3://${artifactsBucket}/`, "")}/`;
  for await (const { key } of documents.list(artifactsBucket, prefix)) {
    const path = join(target, key.slice(prefix.length));
    await copyObject(pipeline, `s3://${artifactsBucket}/${key}`, path);
  }
}

/** To a file, whatever size it has. */
export async function copyObject(
  { client }: Pipeline,
  location: string,
  path: string,
): Promise<void> {
  const { bucket: Bucket, key: Key } = parseAddress(location);
  await mkdir(dirname(path), { recursive: true });
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  await stream(Body as Readable, createWriteStream(path));
}
