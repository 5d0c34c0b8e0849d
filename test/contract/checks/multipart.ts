import { AbortMultipartUploadCommand } from "@aws-sdk/client-s3";
import type { Check } from "../check.ts";
import { bytesOf, etagOf, etagOfParts, leastPart } from "../data.ts";
import { expectBytes, expectEqual, expectRefusal, expectTrue } from "../expect.ts";
import { get, head, put } from "../objects.ts";
import { Upload } from "../upload.ts";

const first = bytesOf("first part", leastPart);
const second = bytesOf("second part", leastPart);
const last = bytesOf("last part", 1001);

export const multipartChecks: readonly Check[] = [
  {
    name: "parts become one object, with the ETag of parts",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const parts = [await upload.send(1, first), await upload.send(2, last)];
      expectEqual("ETag of a part", parts[0]?.ETag, etagOf(first));
      const { ETag } = await upload.complete(parts);
      expectEqual("ETag of Complete", ETag, etagOfParts([first, last]));
      const got = await get(context, upload.key);
      expectBytes("the object", got.bytes, Buffer.concat([first, last]));
      expectEqual("ETag of Get", got.ETag, etagOfParts([first, last]));
    },
  },
  {
    name: "Complete gives the version that is current then",
    needs: "versions",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const { VersionId } = await upload.complete([await upload.send(1, last)]);
      const found = await head(context, upload.key);
      expectTrue("no version id", VersionId !== undefined);
      expectTrue("version of Head is another", found.VersionId === VersionId);
    },
  },
  {
    name: "content type and metadata of Create are the object's",
    async run(context) {
      const options = { ContentType: "text/x-model", Metadata: { made: "here" } };
      const upload = await Upload.create(context, context.newKey(), options);
      await upload.complete([await upload.send(1, last)]);
      const found = await head(context, upload.key);
      expectEqual("content type", found.ContentType, "text/x-model");
      expectEqual("metadata", found.Metadata?.["made"], "here");
    },
  },
  {
    name: "parts may come in any order, their numbers decide",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const third = await upload.send(3, last);
      const parts = [await upload.send(1, first), await upload.send(2, second), third];
      await upload.complete(parts);
      const got = await get(context, upload.key);
      expectBytes("the object", got.bytes, Buffer.concat([first, second, last]));
    },
  },
  {
    name: "numbers of parts may leave gaps, up to 10000",
    // Not where each part has a CRC32 or another checksum that was asked for: Amazon's reference
    // says that numbers go from 1 without a gap then.
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const parts = [await upload.send(7, first), await upload.send(10_000, last)];
      const { ETag } = await upload.complete(parts);
      expectEqual("ETag", ETag, etagOfParts([first, last]));
      const got = await get(context, upload.key);
      expectBytes("the object", got.bytes, Buffer.concat([first, last]));
    },
  },
  {
    name: "of a part that is sent twice the later one counts",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      await upload.send(1, last);
      const parts = [await upload.send(1, first), await upload.send(2, last)];
      await upload.complete(parts);
      const got = await get(context, upload.key);
      expectBytes("the object", got.bytes, Buffer.concat([first, last]));
    },
  },
  {
    name: "a part that was replaced is InvalidPart",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const replaced = await upload.send(1, first);
      await upload.send(1, second);
      await expectRefusal(upload.complete([replaced]), "InvalidPart 400");
    },
  },
  {
    name: "parts that Complete does not list are dropped",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const parts = [await upload.send(1, first)];
      await upload.send(2, second);
      parts.push(await upload.send(5, last));
      await upload.send(9, second);
      const { ETag } = await upload.complete(parts, { MpuObjectSize: leastPart + last.length });
      expectEqual("ETag", ETag, etagOfParts([first, last]));
      const got = await get(context, upload.key);
      expectBytes("the object", got.bytes, Buffer.concat([first, last]));
    },
  },
  {
    name: "the only part may be of any size, also of none",
    async run(context) {
      for (const bytes of [last, Buffer.alloc(0)]) {
        const upload = await Upload.create(context, context.newKey());
        await upload.complete([await upload.send(1, bytes)]);
        const got = await get(context, upload.key);
        expectBytes("the object", got.bytes, bytes);
        expectEqual("ETag", got.ETag, etagOfParts([bytes]));
      }
    },
  },
  {
    name: "the last part may have no bytes",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const parts = [await upload.send(1, first), await upload.send(2, Buffer.alloc(0))];
      await upload.complete(parts);
      expectBytes("the object", (await get(context, upload.key)).bytes, first);
    },
  },
  {
    name: "nothing is there before Complete, and an object that is stays until then",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.send(1, last);
      await expectRefusal(head(context, upload.key), "404");
      await put(context, upload.key, "meanwhile");
      await upload.complete([part]);
      expectBytes("the object", (await get(context, upload.key)).bytes, last);
    },
  },
  {
    name: "two uploads of one key do not touch each other",
    async run(context) {
      const key = context.newKey();
      const one = await Upload.create(context, key);
      const other = await Upload.create(context, key);
      expectTrue("the same id twice", one.id !== other.id);
      const part = await one.send(1, last);
      await other.send(1, first);
      await one.complete([part]);
      expectBytes("the object", (await get(context, key)).bytes, last);
      await other.send(2, last);
    },
  },
  {
    name: "Complete may be repeated and answers the same",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const parts = [await upload.send(1, last)];
      const once = await upload.complete(parts);
      const again = await upload.complete(parts);
      expectEqual("ETag", again.ETag, once.ETag);
      expectTrue("version is another", again.VersionId === once.VersionId);
    },
  },
  {
    name: "Complete with the right size of the object succeeds",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const parts = [await upload.send(1, first), await upload.send(2, last)];
      await upload.complete(parts, { MpuObjectSize: first.length + last.length });
      const { ContentLength } = await head(context, upload.key);
      expectEqual("length", ContentLength, first.length + last.length);
    },
  },
  {
    name: "an upload that was aborted is gone, and left no object",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.send(1, last);
      await context.client.send(new AbortMultipartUploadCommand(upload.names));
      await expectRefusal(upload.send(2, last), "NoSuchUpload 404");
      await expectRefusal(upload.complete([part]), "NoSuchUpload 404");
      await expectRefusal(head(context, upload.key), "404");
    },
  },
  {
    name: "Head and Get of a part are of that part",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      await upload.complete([await upload.send(1, first), await upload.send(2, last)]);
      const found = await head(context, upload.key, { PartNumber: 2 });
      expectEqual("length", found.ContentLength, last.length);
      expectEqual("parts", found.PartsCount, 2);
      const got = await get(context, upload.key, { PartNumber: 2 });
      expectBytes("the part", got.bytes, last);
    },
  },
  {
    name: "a range over two parts has bytes of both",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      await upload.complete([await upload.send(1, first), await upload.send(2, last)]);
      const Range = `bytes=${leastPart - 10}-${leastPart + 9}`;
      const got = await get(context, upload.key, { Range });
      const wanted = Buffer.concat([first.subarray(-10), last.subarray(0, 10)]);
      expectBytes("the range", got.bytes, wanted);
    },
  },
];
