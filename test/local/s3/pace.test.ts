import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { Bucket, MiB, random, serve } from "./serve.ts";

const served = serve({ latency: 50, bytesPerSecond: 5 * MiB });

test("an answer waits for the latency, and each body for its bandwidth", async () => {
  await served.client.send(new PutObjectCommand({ Bucket, Key: "model", Body: random(2 * MiB) }));
  const gets = Array.from({ length: 3 }, async () => {
    const { Body } = await served.client.send(new GetObjectCommand({ Bucket, Key: "model" }));
    await Body!.transformToByteArray();
  });
  await Promise.all(gets);

  // Three at once take no longer than one: the rate is that of a stream, not of the server.
  for (const { startedAt, endedAt } of served.server.log) {
    expect(endedAt - startedAt).toBeGreaterThan(400);
    expect(endedAt - startedAt).toBeLessThan(1200);
  }
  expect(served.server.log).toHaveLength(4);
});
