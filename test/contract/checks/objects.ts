import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
} from "@aws-sdk/client-s3";
import { removeBucket } from "../bucket.ts";
import type { Check } from "../check.ts";
import { bytesOf, etagOf, md5 } from "../data.ts";
import { expectBytes, expectEqual, expectRefusal } from "../expect.ts";
import { copySource, get, head, put } from "../objects.ts";

const data = bytesOf("object", 70_001);

export const objectChecks: readonly Check[] = [
  {
    name: "an object is read as it was put, its MD5 is its ETag",
    async run(context) {
      const key = context.newKey();
      const { ETag } = await put(context, key, data);
      const got = await get(context, key);
      expectBytes("the object", got.bytes, data);
      expectEqual("ETag of Put", ETag, etagOf(data));
      expectEqual("ETag of Get", got.ETag, etagOf(data));
      expectEqual("length", got.ContentLength, data.length);
      expectEqual("status", got.status, 200);
    },
  },
  {
    name: "Head says size, ETag, content type and metadata",
    async run(context) {
      const key = context.newKey();
      await put(context, key, data, { ContentType: "text/x-model", Metadata: { made: "here" } });
      const stated = await head(context, key);
      expectEqual("length", stated.ContentLength, data.length);
      expectEqual("ETag", stated.ETag, etagOf(data));
      expectEqual("content type", stated.ContentType, "text/x-model");
      expectEqual("metadata", stated.Metadata?.["made"], "here");
      expectEqual("Accept-Ranges", stated.AcceptRanges, "bytes");
    },
  },
  {
    name: "an object of no bytes is one",
    async run(context) {
      const key = context.newKey();
      await put(context, key, Buffer.alloc(0));
      expectEqual("length of Get", (await get(context, key)).bytes.length, 0);
      const stated = await head(context, key);
      expectEqual("length of Head", stated.ContentLength, 0);
      expectEqual("ETag", stated.ETag, etagOf(Buffer.alloc(0)));
    },
  },
  {
    name: "Put over an object replaces its bytes, type and metadata",
    async run(context) {
      const key = context.newKey();
      await put(context, key, data, { ContentType: "text/x-model", Metadata: { made: "here" } });
      await put(context, key, "new");
      const got = await get(context, key);
      expectBytes("the object", got.bytes, Buffer.from("new"));
      expectEqual("content type", got.ContentType, "application/octet-stream");
      expectEqual("metadata", got.Metadata?.["made"], undefined);
    },
  },
  {
    name: "Put with the MD5 of other bytes is refused, nothing is stored",
    async run(context) {
      const key = context.newKey();
      const ContentMD5 = md5(Buffer.from("other")).toString("base64");
      await expectRefusal(put(context, key, data, { ContentMD5 }), "BadDigest 400");
      await expectRefusal(head(context, key), "404");
    },
  },
  {
    name: "an unknown key is NoSuchKey to Get, 404 to Head",
    async run(context) {
      const key = context.newKey();
      await expectRefusal(get(context, key), "NoSuchKey 404");
      await expectRefusal(head(context, key), "404");
    },
  },
  {
    name: "an unknown bucket is NoSuchBucket",
    async run({ client, bucket }) {
      const absent = `${bucket.replaceAll(".", "-").slice(0, 50)}-not-there`;
      const command = new GetObjectCommand({ Bucket: absent, Key: "key" });
      await expectRefusal(client.send(command), "NoSuchBucket 404");
    },
  },
  {
    name: "a bucket with an object in it is not removed",
    needs: "new buckets",
    async run(context) {
      await put(context, context.newKey(), data);
      const command = new DeleteBucketCommand({ Bucket: context.bucket });
      await expectRefusal(context.client.send(command), "BucketNotEmpty 409");
    },
  },
  {
    name: "a bucket without versions gives no version ids",
    needs: "new buckets",
    async run(context) {
      const bucket = `${context.bucket}-plain`;
      await context.client.send(new CreateBucketCommand({ Bucket: bucket }));
      const there = { ...context, bucket };
      try {
        const { VersionId } = await put(there, "key", data);
        expectEqual("version of Put", VersionId, undefined);
        expectEqual("version of Head", (await head(there, "key")).VersionId, undefined);
      } finally {
        await removeBucket(context.client, bucket);
      }
    },
  },
  {
    name: "Head of the first part of an object that was put is Head of all of it",
    async run(context) {
      const key = context.newKey();
      await put(context, key, data);
      const { ContentLength } = await head(context, key, { PartNumber: 1 });
      expectEqual("length", ContentLength, data.length);
    },
  },
  {
    name: "GetObjectAttributes has size, ETag without quotes, and checksum",
    async run(context) {
      const key = context.newKey();
      const { ChecksumCRC32 } = await put(context, key, data, { ChecksumAlgorithm: "CRC32" });
      const command = new GetObjectAttributesCommand({
        Bucket: context.bucket,
        Key: key,
        ObjectAttributes: ["ETag", "Checksum", "ObjectSize"],
      });
      const stated = await context.client.send(command);
      expectEqual("size", stated.ObjectSize, data.length);
      expectEqual("ETag", stated.ETag, md5(data).toString("hex"));
      expectEqual("CRC-32", stated.Checksum?.ChecksumCRC32, ChecksumCRC32);
      expectEqual("type", stated.Checksum?.ChecksumType, "FULL_OBJECT");
    },
  },
  {
    name: "CopyObject copies bytes, type and metadata",
    async run(context) {
      const { client, bucket } = context;
      const from = context.newKey();
      await put(context, from, data, { ContentType: "text/x-model", Metadata: { made: "here" } });
      const key = context.newKey();
      const CopySource = copySource(bucket, from);
      const command = new CopyObjectCommand({ Bucket: bucket, Key: key, CopySource });
      const { CopyObjectResult } = await client.send(command);
      expectEqual("ETag", CopyObjectResult?.ETag, etagOf(data));
      const got = await get(context, key);
      expectBytes("the copy", got.bytes, data);
      expectEqual("content type", got.ContentType, "text/x-model");
      expectEqual("metadata", got.Metadata?.["made"], "here");
    },
  },
  {
    name: "a request for the bucket of another owner is refused",
    async run(context) {
      const key = context.newKey();
      await put(context, key, data);
      const ExpectedBucketOwner = "999999999999";
      await expectRefusal(get(context, key, { ExpectedBucketOwner }), "AccessDenied 403");
      await expectRefusal(put(context, key, "x", { ExpectedBucketOwner }), "AccessDenied 403");
    },
  },
];
