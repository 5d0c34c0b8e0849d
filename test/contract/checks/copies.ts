import { DeleteObjectCommand, UploadPartCopyCommand } from "@aws-sdk/client-s3";
import type { Check } from "../check.ts";
import { bytesOf, crc32Of, etagOf, etagOfParts, leastPart, MiB, staleEtag } from "../data.ts";
import { expectBytes, expectEqual, expectRefusal, expectTrue } from "../expect.ts";
import { copySource, get, head, put } from "../objects.ts";
import { Upload } from "../upload.ts";

const first = bytesOf("first part", leastPart);
const fullCrc32 = { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" } as const;
/** Neither end is on a boundary of anything. */
const range = [777, 777 + 6 * MiB] as const;

export const copyChecks: readonly Check[] = [
  {
    name: "a copied range has its first and its last byte",
    async run(context) {
      const source = await context.source();
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.copy(1, source.location, range);
      const slice = source.bytes.subarray(range[0], range[1] + 1);
      expectEqual("ETag", part.ETag, etagOf(slice));
      await upload.complete([part]);
      expectBytes("the object", (await get(context, upload.key)).bytes, slice);
    },
  },
  {
    name: "a copy without a range is of the whole source",
    async run(context) {
      const source = await context.source();
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.copy(1, source.location);
      expectEqual("ETag", part.ETag, etagOf(source.bytes));
      await upload.complete([part]);
      expectBytes("the object", (await get(context, upload.key)).bytes, source.bytes);
    },
  },
  {
    name: "a source may begin with a slash",
    async run(context) {
      const source = await context.source();
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.copy(1, `/${source.location}`);
      expectEqual("ETag", part.ETag, etagOf(source.bytes));
    },
  },
  {
    name: "a range of an older version is copied from that version",
    needs: "versions",
    async run(context) {
      const { client, bucket } = context;
      const key = context.newKey("ü 100%.keras");
      const bytes = bytesOf("older source", 6 * MiB);
      const { VersionId } = await put(context, key, bytes);
      await put(context, key, "newer");
      const upload = await Upload.create(context, context.newKey());
      const command = new UploadPartCopyCommand({
        ...upload.part(1),
        CopySource: copySource(bucket, key, VersionId),
        CopySourceRange: "bytes=10-99",
      });
      const answer = await client.send(command);
      expectEqual("ETag", answer.CopyPartResult?.ETag, etagOf(bytes.subarray(10, 100)));
      expectTrue("version of the source is another", answer.CopySourceVersionId === VersionId);
    },
  },
  {
    name: "the CRC32 of a copied range is the range's",
    async run(context) {
      const source = await context.source();
      const upload = await Upload.create(context, context.newKey(), fullCrc32);
      const part = await upload.copy(1, source.location, range);
      const slice = source.bytes.subarray(range[0], range[1] + 1);
      expectEqual("CRC32", part.ChecksumCRC32, crc32Of(slice));
    },
  },
  {
    name: "the CRC32 of a copied range is the range's, of a source that has one of its own",
    async run(context) {
      const key = context.newKey();
      const bytes = bytesOf("source with a checksum", 6 * MiB);
      await put(context, key, bytes, { ChecksumCRC32: crc32Of(bytes) });
      const upload = await Upload.create(context, context.newKey(), fullCrc32);
      const part = await upload.copy(1, copySource(context.bucket, key), [10, 99]);
      expectEqual("CRC32", part.ChecksumCRC32, crc32Of(bytes.subarray(10, 100)));
    },
  },
  {
    name: "parts sent and parts copied, last first, have one full CRC32 and one size",
    async run(context) {
      const source = await context.source();
      const slice = source.bytes.subarray(range[0], range[1] + 1);
      const tail = source.bytes.subarray(8 * MiB, 8 * MiB + 1001);
      const whole = Buffer.concat([first, slice, tail]);
      const key = context.newKey("my mödel+1 (2).keras");
      const upload = await Upload.create(context, key, fullCrc32);
      const match = { CopySourceIfMatch: source.etag };
      const three = await upload.copy(3, source.location, [8 * MiB, 8 * MiB + 1000], match);
      const two = await upload.copy(2, source.location, range, match);
      const one = await upload.send(1, first, { ChecksumCRC32: crc32Of(first) });
      const answer = await upload.complete([one, two, three], {
        ChecksumCRC32: crc32Of(whole),
        ChecksumType: "FULL_OBJECT",
        MpuObjectSize: whole.length,
        IfNoneMatch: "*",
      });
      expectEqual("ETag", answer.ETag, etagOfParts([first, slice, tail]));
      expectEqual("CRC32 of Complete", answer.ChecksumCRC32, crc32Of(whole));
      const found = await head(context, key, { ChecksumMode: "ENABLED" });
      expectEqual("CRC32 of Head", found.ChecksumCRC32, crc32Of(whole));
      const got = await get({ ...context, client: context.usual }, key);
      expectBytes("the object", got.bytes, whole);
    },
  },
  {
    name: "a part that was copied may be sent in its place, and the other way round",
    async run(context) {
      const source = await context.source();
      const slice = source.bytes.subarray(range[0], range[1] + 1);
      const upload = await Upload.create(context, context.newKey(), fullCrc32);
      await upload.copy(1, source.location, range);
      const one = await upload.send(1, first, { ChecksumCRC32: crc32Of(first) });
      await upload.send(2, first, { ChecksumCRC32: crc32Of(first) });
      const two = await upload.copy(2, source.location, range);
      const { ChecksumCRC32 } = await upload.complete([one, two]);
      expectEqual("CRC32", ChecksumCRC32, crc32Of(first, slice));
      const { bytes } = await get(context, upload.key);
      expectBytes("the object", bytes, Buffer.concat([first, slice]));
    },
  },
  {
    name: "a copied part before the last of less than 5 MiB is EntityTooSmall",
    async run(context) {
      const source = await context.source();
      const upload = await Upload.create(context, context.newKey());
      const parts = [
        await upload.copy(1, source.location, [0, 4 * MiB - 1]),
        await upload.copy(2, source.location, [4 * MiB, 4 * MiB + 99]),
      ];
      await expectRefusal(upload.complete(parts), "EntityTooSmall 400");
    },
  },
  {
    name: "a source is copied if it has the ETag that is asked for, and else refused",
    async run(context) {
      const { location, etag } = await context.source();
      const upload = await Upload.create(context, context.newKey());
      const copy = (CopySourceIfMatch: string): Promise<unknown> =>
        upload.copy(1, location, range, { CopySourceIfMatch });
      await copy(etag);
      await expectRefusal(copy(staleEtag), "PreconditionFailed 412");
    },
  },
  {
    name: "a range that ends after the source is InvalidArgument",
    async run(context) {
      const { bytes, location } = await context.source();
      const upload = await Upload.create(context, context.newKey());
      const copied = upload.copy(1, location, [0, bytes.length]);
      await expectRefusal(copied, "InvalidArgument 400");
      const beyond = upload.copy(1, location, [bytes.length, bytes.length + 1]);
      await expectRefusal(beyond, "400");
    },
  },
  {
    name: "a copied range without both ends is InvalidArgument",
    async run(context) {
      const { location } = await context.source();
      const upload = await Upload.create(context, context.newKey());
      for (const CopySourceRange of ["bytes=100-", "bytes=-100", "bytes=a-b", "100-200"]) {
        const copied = upload.copy(1, location, undefined, { CopySourceRange });
        await expectRefusal(copied, "InvalidArgument 400");
      }
    },
  },
  {
    name: "a range of a source of 5 MB is InvalidRequest, the whole of it is not",
    async run(context) {
      const key = context.newKey();
      await put(context, key, bytesOf("small source", 5_000_000));
      const upload = await Upload.create(context, context.newKey());
      const location = copySource(context.bucket, key);
      await upload.copy(2, location);
      await expectRefusal(upload.copy(1, location, [0, 99]), "InvalidRequest 400");
    },
  },
  {
    name: "a source that is not there is NoSuchKey, also one that was deleted",
    needs: "versions",
    async run(context) {
      const { client, bucket } = context;
      const upload = await Upload.create(context, context.newKey());
      const absent = copySource(bucket, context.newKey());
      await expectRefusal(upload.copy(1, absent), "NoSuchKey 404");
      const key = context.newKey();
      await put(context, key, first);
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      await expectRefusal(upload.copy(1, copySource(bucket, key)), "NoSuchKey 404");
    },
  },
  {
    name: "a version of a source that was removed is NoSuchVersion",
    needs: "versions",
    async run(context) {
      const { client, bucket } = context;
      const key = context.newKey();
      const { VersionId } = await put(context, key, "older");
      await put(context, key, "newer");
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId }));
      const upload = await Upload.create(context, context.newKey());
      const copied = upload.copy(1, copySource(bucket, key, VersionId));
      await expectRefusal(copied, "NoSuchVersion 404");
    },
  },
  {
    name: "a copy into an upload that is not there is NoSuchUpload",
    async run(context) {
      const { location } = await context.source();
      const upload = await Upload.create(context, context.newKey());
      await upload.complete([await upload.send(1, "all")]);
      await expectRefusal(upload.copy(2, location, range), "NoSuchUpload 404");
    },
  },
];
