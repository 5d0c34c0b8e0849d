import {
  CopyObjectCommand,
  DeleteObjectCommand,
  type CopyObjectCommandInput,
  type CopyObjectCommandOutput,
} from "@aws-sdk/client-s3";
import type { Check, Context } from "../check.ts";
import { bytesOf, etagOf, staleEtag } from "../data.ts";
import { expectBytes, expectEqual, expectRefusal } from "../expect.ts";
import { copySource, get, head, put } from "../objects.ts";
import { Upload } from "../upload.ts";

const data = bytesOf("copy sources", 1234);
const hour = 3_600_000;

function copy(
  { client, bucket }: Context,
  source: string,
  key: string,
  options: Partial<CopyObjectCommandInput> = {},
): Promise<CopyObjectCommandOutput> {
  return client.send(
    new CopyObjectCommand({ Bucket: bucket, Key: key, CopySource: source, ...options }),
  );
}

/** That a key, written so in the header, is found by CopyObject and by UploadPartCopy. */
function found(what: string, name: string, written: (name: string) => string): Check {
  return {
    name: `a source is found by ${what}`,
    async run(context) {
      const key = context.newKey(name);
      await put(context, key, data);
      const folder = key.slice(0, -name.length);
      const source = `${context.bucket}/${folder}${written(name)}`;
      const { CopyObjectResult } = await copy(context, source, context.newKey());
      expectEqual("ETag of CopyObject", CopyObjectResult?.ETag, etagOf(data));
      const upload = await Upload.create(context, context.newKey());
      expectEqual("ETag of a part", (await upload.copy(1, source)).ETag, etagOf(data));
    },
  };
}

type Conditions = Pick<
  CopyObjectCommandInput,
  | "CopySourceIfMatch"
  | "CopySourceIfNoneMatch"
  | "CopySourceIfModifiedSince"
  | "CopySourceIfUnmodifiedSince"
>;

/** "CopyObject" in the API Reference, conditions on the source, two of which may be together. */
function condition(
  what: string,
  isMet: boolean,
  conditions: (source: { etag: string; modified: Date }) => Conditions,
): Check {
  return {
    name: `a source is ${isMet ? "" : "not "}copied ${what}`,
    async run(context) {
      const from = context.newKey();
      await put(context, from, data);
      const { ETag, LastModified } = await head(context, from);
      const given = conditions({ etag: ETag!, modified: LastModified! });
      const source = copySource(context.bucket, from);
      const key = context.newKey();
      const upload = await Upload.create(context, context.newKey());
      if (isMet) {
        await copy(context, source, key, given);
        expectBytes("the copy", (await get(context, key)).bytes, data);
        await upload.copy(1, source, undefined, given);
      } else {
        await expectRefusal(copy(context, source, key, given), "PreconditionFailed 412");
        await expectRefusal(head(context, key), "404");
        const part = upload.copy(1, source, undefined, given);
        await expectRefusal(part, "PreconditionFailed 412");
      }
    },
  };
}

const earlier = (date: Date): Date => new Date(date.getTime() - hour);

export const copySourceChecks: readonly Check[] = [
  found("a plus sign that is encoded", "a+b", () => "a%2Bb"),
  found("a space that is encoded", "a b", () => "a%20b"),
  found("a key of other letters that are encoded", "mödel 日本 🧠.h5", encodeURIComponent),
  found("a question mark that is encoded", "a?versionId=b", encodeURIComponent),
  found("a percent sign that is encoded, and decoded once", "a%2Fb%20c", encodeURIComponent),
  found("slashes that are encoded", "a/b/c", encodeURIComponent),
  found("two slashes on end", "a//b", (name) => name),
  condition("whose ETag is not that of If-None-Match", true, () => {
    return { CopySourceIfNoneMatch: staleEtag };
  }),
  condition("whose ETag is that of If-None-Match", false, ({ etag }) => {
    return { CopySourceIfNoneMatch: etag };
  }),
  condition("that was changed since If-Modified-Since", true, ({ modified }) => {
    return { CopySourceIfModifiedSince: earlier(modified) };
  }),
  condition("that was not changed since If-Modified-Since", false, ({ modified }) => {
    return { CopySourceIfModifiedSince: modified };
  }),
  condition("that was not changed since If-Unmodified-Since", true, ({ modified }) => {
    return { CopySourceIfUnmodifiedSince: modified };
  }),
  condition("that was changed since If-Unmodified-Since", false, ({ modified }) => {
    return { CopySourceIfUnmodifiedSince: earlier(modified) };
  }),
  condition("by its ETag, whatever If-Unmodified-Since says", true, ({ etag, modified }) => {
    return { CopySourceIfMatch: etag, CopySourceIfUnmodifiedSince: earlier(modified) };
  }),
  condition("by its ETag, whatever If-Modified-Since says", false, ({ etag, modified }) => {
    return { CopySourceIfNoneMatch: etag, CopySourceIfModifiedSince: earlier(modified) };
  }),
  {
    name: "a delete marker by its id is not a source: InvalidRequest",
    needs: "versions",
    async run(context) {
      const { client, bucket } = context;
      const from = context.newKey();
      await put(context, from, data);
      const command = new DeleteObjectCommand({ Bucket: bucket, Key: from });
      const { VersionId } = await client.send(command);
      const source = copySource(bucket, from, VersionId);
      await expectRefusal(copy(context, source, context.newKey()), "InvalidRequest 400");
      const upload = await Upload.create(context, context.newKey());
      await expectRefusal(upload.copy(1, source), "InvalidRequest 400");
    },
  },
  {
    name: "the version before a delete marker is a source",
    needs: "versions",
    async run(context) {
      const { client, bucket } = context;
      const from = context.newKey("a+b ü.keras");
      const { VersionId } = await put(context, from, data);
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: from }));
      const key = context.newKey();
      await expectRefusal(copy(context, copySource(bucket, from), key), "NoSuchKey 404");
      await copy(context, copySource(bucket, from, VersionId), key);
      expectBytes("the copy", (await get(context, key)).bytes, data);
    },
  },
  {
    name: "a source in a bucket that is not there is NoSuchBucket",
    async run(context) {
      const source = copySource(`${context.bucket}-absent`, "key");
      await expectRefusal(copy(context, source, context.newKey()), "NoSuchBucket 404");
      const upload = await Upload.create(context, context.newKey());
      await expectRefusal(upload.copy(1, source), "NoSuchBucket 404");
    },
  },
  {
    name: "a source without a key is InvalidArgument",
    async run(context) {
      const copied = copy(context, context.bucket, context.newKey());
      await expectRefusal(copied, "InvalidArgument 400");
    },
  },
  {
    name: "a source of no bytes is copied as a part of none",
    async run(context) {
      const from = context.newKey();
      await put(context, from, Buffer.alloc(0));
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.copy(1, copySource(context.bucket, from));
      expectEqual("ETag", part.ETag, etagOf(Buffer.alloc(0)));
      await upload.complete([part]);
      expectEqual("length", (await head(context, upload.key)).ContentLength, 0);
    },
  },
  {
    name: "a range that is all of its source is copied",
    async run(context) {
      const source = await context.source();
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.copy(1, source.location, [0, source.bytes.length - 1]);
      expectEqual("ETag", part.ETag, etagOf(source.bytes));
    },
  },
  {
    name: "CopyObject of an object onto itself is InvalidRequest, unless it changes something",
    async run(context) {
      const key = context.newKey();
      await put(context, key, data, { Metadata: { made: "before" } });
      const source = copySource(context.bucket, key);
      await expectRefusal(copy(context, source, key), "InvalidRequest 400");
      await copy(context, source, key, {
        MetadataDirective: "REPLACE",
        Metadata: { made: "after" },
      });
      expectEqual("metadata", (await head(context, key)).Metadata?.["made"], "after");
      expectBytes("the object", (await get(context, key)).bytes, data);
    },
  },
  {
    name: "CopyObject gives new metadata and type where they are to be replaced",
    async run(context) {
      const from = context.newKey();
      await put(context, from, data, { ContentType: "text/x-old", Metadata: { old: "yes" } });
      const key = context.newKey();
      await copy(context, copySource(context.bucket, from), key, {
        MetadataDirective: "REPLACE",
        ContentType: "text/x-new",
        Metadata: { new: "yes" },
      });
      const stated = await head(context, key);
      expectEqual("content type", stated.ContentType, "text/x-new");
      expectEqual("old metadata", stated.Metadata?.["old"], undefined);
      expectEqual("new metadata", stated.Metadata?.["new"], "yes");
    },
  },
];
