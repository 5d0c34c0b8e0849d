import { CopyObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import type { ObjectCreatedEvent } from "../../../local/s3/server.ts";
import { Bucket, complete, refusal, serve, uploadParts } from "./serve.ts";

const events: ObjectCreatedEvent[] = [];
const served = serve({ onEvent: (event) => events.push(event) });
const key = "my mödel+1.keras";

test("each new object is told with its raw key, version, unquoted ETag and reason", async () => {
  const put = await served.client.send(new PutObjectCommand({ Bucket, Key: key, Body: "one" }));
  const CopySource = `${Bucket}/${encodeURIComponent(key)}?versionId=${put.VersionId}`;
  await served.client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
  const upload = await uploadParts(served.client, key, [{ data: Buffer.from("two!") }]);
  const done = await served.client.send(complete(key, upload));

  expect(events.map(({ detail }) => detail.reason)).toEqual([
    "PutObject",
    "CopyObject",
    "CompleteMultipartUpload",
  ]);
  expect(events[0]).toMatchObject({
    source: "aws.s3",
    "detail-type": "Object Created",
    resources: [`arn:aws:s3:::${Bucket}`],
    detail: {
      bucket: { name: Bucket },
      object: { key, size: 3, etag: put.ETag!.slice(1, -1), "version-id": put.VersionId },
    },
  });
  expect(events[2]!.detail.object).toMatchObject({
    key,
    size: 4,
    etag: done.ETag!.slice(1, -1),
    "version-id": done.VersionId,
  });
});

test("sequencers grow", () => {
  const sequencers = events.map(({ detail }) => detail.object.sequencer);

  expect(sequencers.every((sequencer) => /^[\dA-F]{18}$/.test(sequencer))).toBe(true);
  expect(sequencers).toEqual(sequencers.toSorted());
  expect(new Set(sequencers).size).toBe(3);
});

test("what was refused is not told", async () => {
  const before = events.length;
  const put = new PutObjectCommand({ Bucket, Key: key, Body: "x", IfNoneMatch: "*" });

  expect(await refusal(served.client.send(put))).toBe("PreconditionFailed 412");
  expect(events.length).toBe(before);
});
