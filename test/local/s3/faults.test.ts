import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import type { Fault } from "../../../local/s3/server.ts";
import { Bucket, MiB, complete, newKey, random, refusal, serve, uploadParts } from "./serve.ts";

const served = serve();
const data = random(MiB);

beforeAll(async () => {
  await served.client.send(new PutObjectCommand({ Bucket, Key: "source", Body: data }));
});

async function get(): Promise<number> {
  const { Body } = await served.client.send(new GetObjectCommand({ Bucket, Key: "source" }));
  return (await Body!.transformToByteArray()).length;
}

function put(Key: string): Promise<unknown> {
  return served.client.send(new PutObjectCommand({ Bucket, Key, Body: data }));
}

async function exists(Key: string): Promise<boolean> {
  const head = served.client.send(new HeadObjectCommand({ Bucket, Key }));
  return (await refusal(head)) === "not refused";
}

describe("a status", () => {
  const slowDown = { kind: "status", status: 503, code: "SlowDown" } as const;

  test("meets the request it is for, once", async () => {
    served.server.inject({ ...slowDown, operation: "GetObject", nth: 2 });

    expect(await get()).toBe(MiB);
    expect(await refusal(get())).toBe("SlowDown 503");
    expect(await get()).toBe(MiB);
  });

  test("meets only matching keys, as often as it is to", async () => {
    served.server.inject({ ...slowDown, key: /^bad/g, times: Infinity });
    const key = newKey();

    expect(await refusal(put("bad 1"))).toBe("SlowDown 503");
    expect(await refusal(put("bad 2"))).toBe("SlowDown 503");
    expect(await refusal(put(key))).toBe("not refused");
    expect(await exists(key)).toBe(true);
    served.server.clearFaults();
    expect(await exists("bad 1")).toBe(false);
  });

  test("409 at Complete takes the upload with it", async () => {
    const key = newKey();
    const upload = await uploadParts(served.client, key, [{ data }]);
    const kind = { kind: "status", status: 409, code: "ConditionalRequestConflict" } as const;
    served.server.inject({ ...kind, operation: "CompleteMultipartUpload" });
    expect(served.server.openUploads()).toMatchObject([{ bucket: Bucket, key }]);

    expect(await refusal(served.client.send(complete(key, upload)))).toMatch(/409$/);
    expect(served.server.openUploads()).toEqual([]);
    expect(await refusal(served.client.send(complete(key, upload)))).toBe("NoSuchUpload 404");
  });
});

describe("a connection", () => {
  test("that is reset before the answer has no effect; after it, it has", async () => {
    const [before, after] = [newKey(), newKey()];
    served.server.inject({ kind: "reset", key: before });
    served.server.inject({ kind: "reset-after", key: after });

    expect(await refusal(put(before))).toMatch(/undefined$/);
    expect(await refusal(put(after))).toMatch(/undefined$/);

    expect(await exists(before)).toBe(false);
    expect(await exists(after)).toBe(true);
  });

  test.each(["reset-body", "short-body"] as const)("fails in the body: %s", async (kind) => {
    served.server.inject({ kind, operation: "GetObject" });

    expect(await refusal(get())).toMatch(/undefined$/);
    expect(served.server.log.at(-1)!.bytesOut).toBe(MiB / 2);
  });

  test("that stalls stays silent, and others go on", async () => {
    served.server.inject({ kind: "stall-body", operation: "GetObject" });
    const outcome = await Promise.race([
      refusal(get()),
      new Promise((resolve) => setTimeout(resolve, 300, "silence")),
    ]);
    expect(outcome).toBe("silence");

    served.server.clearFaults();
    expect(await get()).toBe(MiB);
  });

  test("that is reset while it uploads leaves nothing", async () => {
    const key = newKey();
    served.server.inject({ kind: "reset-body", key });

    expect(await refusal(put(key))).not.toBe("not refused");
    expect(await exists(key)).toBe(false);
  });
});

test("an error in a 200 of Complete is an error, and the upload is still there", async () => {
  const key = newKey();
  const upload = await uploadParts(served.client, key, [{ data }]);
  served.server.inject({ kind: "error-in-200", operation: "CompleteMultipartUpload" });

  expect(await refusal(served.client.send(complete(key, upload)))).not.toBe("not refused");
  expect(await exists(key)).toBe(false);
  expect(await refusal(served.client.send(complete(key, upload)))).toBe("not refused");
});

test("a call runs before its request, which then sees what it did", async () => {
  const key = newKey();
  const call: Fault = {
    kind: "call",
    operation: "HeadObject",
    key,
    call: async ({ operation }) => {
      expect(operation).toBe("HeadObject");
      await put(key);
    },
  };
  served.server.inject(call);

  expect(await exists(key)).toBe(true);
});
