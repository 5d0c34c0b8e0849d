import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { Bucket, MiB, newKey, random, refusal, serve } from "./serve.ts";

const served = serve();

function base64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
}

/** Sends a request as it stands, piece by piece, and gives the whole answer. */
async function exchange(pieces: string[], { closes = false } = {}): Promise<string> {
  const socket = connect(Number(new URL(served.server.url).port), "127.0.0.1");
  await once(socket, "connect");
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (closes) socket.end();
  await once(socket, "close");
  return answer;
}

function put(key: string, headers: Record<string, string>): string {
  const lines = Object.entries({
    Host: "s3",
    Connection: "close",
    Authorization: "AWS4-HMAC-SHA256 …",
    ...headers,
  });
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `PUT /${Bucket}/${key} HTTP/1.1\r\n${text}\r\n`;
}

async function read(Key: string): Promise<string> {
  const { Body } = await served.client.send(new GetObjectCommand({ Bucket, Key }));
  return Body!.transformToString();
}

function chunkedHeaders(encoded: string, decoded: number): Record<string, string> {
  return {
    "Content-Encoding": "aws-chunked",
    "Content-Length": `${encoded.length}`,
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": `${decoded}`,
    "x-amz-trailer": "x-amz-checksum-crc32",
  };
}

test("a stream of an SDK arrives as its bytes, not as its chunks", async () => {
  const Key = newKey();
  const data = random(MiB + 7);
  const Body = Readable.from([data.subarray(0, 100), data.subarray(100)]);
  await served.client.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: data.length }));

  const got = await served.client.send(new GetObjectCommand({ Bucket, Key }));

  expect(data.equals(await got.Body!.transformToByteArray())).toBe(true);
  expect(got.ChecksumCRC32).toBe(base64(crc32(data)));
  expect(got.ContentEncoding).toBeUndefined();
  expect(served.server.counters().operations["PutObject"]!.bytesIn).toBe(data.length);
});

test("chunks that are cut anywhere, signed or not, are decoded", async () => {
  const text = "5;chunk-signature=ab\r\nhello\r\n6\r\n world\r\n0;chunk-signature=cd\r\n";
  const body = `${text}x-amz-checksum-crc32:${base64(crc32("hello world"))}\r\n\r\n`;

  const answer = await exchange([put("cut", chunkedHeaders(body, 11)), ...body.split(/(?=.)/s)]);

  expect(answer).toMatch(/^HTTP\/1\.1 200/);
  expect(await read("cut")).toBe("hello world");
});

test.each([
  ["a wrong trailer", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", 5, "BadDigest"],
  ["no trailer", "5\r\nhello\r\n0\r\n\r\n", 5, "MalformedTrailerError"],
  ["fewer bytes than declared", "5\r\nhello\r\n0\r\n\r\n", 6, "IncompleteBody"],
  ["more bytes than declared", "5\r\nhello\r\n0\r\n\r\n", 4, "IncompleteBody"],
  ["no last chunk", "5\r\nhello\r\n", 5, "IncompleteBody"],
  ["a chunk longer than its length", "4\r\nhello\r\n0\r\n\r\n", 5, "InvalidRequest"],
])("%s is refused and nothing is stored", async (_, body, length, code) => {
  const answer = await exchange([put("refused", chunkedHeaders(body, length)), body]);

  expect(answer).toMatch(/^HTTP\/1\.1 400/);
  expect(answer).toContain(`<Code>${code}</Code>`);
  expect(await refusal(read("refused"))).toBe("NoSuchKey 404");
});

test("a connection that closes in the middle of a body gets IncompleteBody", async () => {
  const answer = await exchange([put("half", { "Content-Length": "100" }), "only so much"], {
    closes: true,
  });

  expect(answer).toContain("<Code>IncompleteBody</Code>");
  expect(served.server.log.at(-1)).toMatchObject({ operation: "PutObject", status: 400 });
  expect(await refusal(read("half"))).toBe("NoSuchKey 404");
});

test.each([
  [{ ChecksumCRC32: "AAAAAA==" }, "BadDigest 400"],
  [{ ChecksumCRC32C: "AAAAAA==" }, "BadDigest 400"],
  [{ ChecksumCRC64NVME: "AAAAAAAAAAA=" }, "BadDigest 400"],
  [{ ChecksumSHA1: Buffer.alloc(20).toString("base64") }, "BadDigest 400"],
  [{ ChecksumSHA256: Buffer.alloc(32).toString("base64") }, "BadDigest 400"],
  [{ ContentMD5: Buffer.alloc(16).toString("base64") }, "BadDigest 400"],
  [{ ContentMD5: "AAAA" }, "InvalidDigest 400"],
  [{ ChecksumCRC32: "AAAA" }, "InvalidRequest 400"],
])("%o does not pass", async (declared, expected) => {
  const Key = newKey();

  const answer = served.client.send(new PutObjectCommand({ Bucket, Key, Body: "a", ...declared }));

  expect(await refusal(answer)).toBe(expected);
  expect(await refusal(read(Key))).toBe("NoSuchKey 404");
});

test("nobody gets in without authorization", async () => {
  const answer = await fetch(`${served.server.url}/${Bucket}?list-type=2`);

  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain("<Code>AccessDenied</Code>");
});

test("a path with dots is the key that it spells", async () => {
  await exchange([put("a/../b/./c", { "Content-Length": "1" }), "x"]);

  expect(served.server.log.at(-1)!.key).toBe("a/../b/./c");
});
