import { DeleteObjectsCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import type { Check } from "../check.ts";
import { bytesOf, digits, leastPart } from "../data.ts";
import { expectBytes, expectEqual, expectRefusal } from "../expect.ts";
import { get, head, put } from "../objects.ts";
import { Upload } from "../upload.ts";

const first = bytesOf("first part", leastPart);
const last = bytesOf("last part", 1001);

export const limitChecks: readonly Check[] = [
  {
    name: "metadata of 2 KB is kept, more is MetadataTooLarge",
    async run(context) {
      const key = context.newKey();
      const most = "x".repeat(2048 - "made".length);
      await put(context, key, digits, { Metadata: { made: most } });
      expectEqual("metadata", (await head(context, key)).Metadata?.["made"], most);
      const more = put(context, context.newKey(), digits, { Metadata: { made: `${most}x` } });
      await expectRefusal(more, "MetadataTooLarge 400");
    },
  },
  {
    name: "the bytes of a key are counted, not its letters",
    async run(context) {
      const start = context.newKey("");
      const longest = start + "é".repeat(Math.floor((1024 - start.length) / 2));
      await put(context, longest, digits);
      expectBytes("the object", (await get(context, longest)).bytes, digits);
      await expectRefusal(put(context, `${longest}é`, digits), "KeyTooLongError 400");
    },
  },
  {
    name: "a key that is too long is so to CreateMultipartUpload",
    async run(context) {
      const key = context.newKey("").padEnd(1025, "/0123456789");
      await expectRefusal(Upload.create(context, key), "KeyTooLongError 400");
    },
  },
  {
    name: "DeleteObjects takes 1000 keys, more are MalformedXML",
    async run(context) {
      const { usual, bucket } = context;
      const folder = context.newKey("");
      const Objects = Array.from({ length: 1001 }, (_, index) => ({ Key: `${folder}${index}` }));
      const remove = (count: number): Promise<unknown> => {
        const Delete = { Objects: Objects.slice(0, count), Quiet: true };
        return usual.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
      };
      await remove(1000);
      await expectRefusal(remove(1001), "MalformedXML 400");
    },
  },
  {
    name: "a page of parts that is empty says so",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      await upload.send(3, digits);
      const beyond = new ListPartsCommand({ ...upload.names, PartNumberMarker: "3" });
      const listed = await context.client.send(beyond);
      expectEqual("parts", listed.Parts?.length ?? 0, 0);
      expectEqual("truncated", listed.IsTruncated, false);
    },
  },
  {
    name: "a part of an object that has fewer is InvalidPartNumber",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      await upload.complete([await upload.send(1, first), await upload.send(2, last)]);
      const beyond = { PartNumber: 3 };
      await expectRefusal(get(context, upload.key, beyond), "InvalidPartNumber 416");
      await expectRefusal(head(context, upload.key, beyond), "416");
      const key = context.newKey();
      await put(context, key, digits);
      await expectRefusal(get(context, key, { PartNumber: 2 }), "InvalidPartNumber 416");
    },
  },
  {
    name: "a part and a range together are InvalidRequest",
    async run(context) {
      const key = context.newKey();
      await put(context, key, digits);
      const both = get(context, key, { PartNumber: 1, Range: "bytes=0-1" });
      await expectRefusal(both, "InvalidRequest 400");
    },
  },
  {
    name: "a Get may be told which headers to answer with",
    async run(context) {
      const key = context.newKey();
      await put(context, key, digits, { ContentType: "text/plain" });
      const got = await get(context, key, {
        ResponseContentType: "text/x-asked",
        ResponseContentDisposition: 'attachment; filename="a.h5"',
      });
      expectEqual("content type", got.ContentType, "text/x-asked");
      expectEqual("disposition", got.ContentDisposition, 'attachment; filename="a.h5"');
    },
  },
  {
    name: "several ranges in one Get give all of the object",
    async run(context) {
      const key = context.newKey();
      await put(context, key, digits);
      const got = await get(context, key, { Range: "bytes=0-1,4-5" });
      expectEqual("status", got.status, 200);
      expectBytes("the object", got.bytes, digits);
    },
  },
  {
    name: "a range that is none gives all of the object",
    async run(context) {
      const key = context.newKey();
      await put(context, key, digits);
      for (const Range of ["bytes=5-2", "bytes=a-b"]) {
        const got = await get(context, key, { Range });
        expectEqual(`status of ${Range}`, got.status, 200);
        expectBytes("the object", got.bytes, digits);
      }
    },
  },
];
