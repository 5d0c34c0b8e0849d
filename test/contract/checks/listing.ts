import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import type { Check, Context } from "../check.ts";
import { etagOf } from "../data.ts";
import { expectEqual, expectList, expectTrue } from "../expect.ts";
import { put } from "../objects.ts";

const body = Buffer.from("listed");

function list(
  { client, bucket }: Context,
  options: Omit<ListObjectsV2CommandInput, "Bucket">,
): Promise<ListObjectsV2CommandOutput> {
  return client.send(new ListObjectsV2Command({ Bucket: bucket, ...options }));
}

/** Puts objects of these names into a folder of their own. */
async function putAll(context: Context, names: readonly string[]): Promise<string> {
  const folder = context.newKey("");
  for (const name of names) await put(context, folder + name, body);
  return folder;
}

function namesOf({ Contents = [] }: ListObjectsV2CommandOutput, folder: string): string[] {
  return Contents.map(({ Key = "" }) => Key.slice(folder.length));
}

function prefixesOf({ CommonPrefixes = [] }: ListObjectsV2CommandOutput, folder: string): string[] {
  return CommonPrefixes.map(({ Prefix = "" }) => Prefix.slice(folder.length));
}

export const listingChecks: readonly Check[] = [
  {
    name: "a listing has keys, sizes and ETags of a prefix",
    async run(context) {
      const folder = await putAll(context, ["b", "a", "c/d"]);
      await put(context, context.newKey("elsewhere"), body);
      const answer = await list(context, { Prefix: folder });
      expectList("keys", namesOf(answer, folder), ["a", "b", "c/d"]);
      expectEqual("KeyCount", answer.KeyCount, 3);
      expectEqual("size", answer.Contents?.[0]?.Size, body.length);
      expectEqual("ETag", answer.Contents?.[0]?.ETag, etagOf(body));
      expectEqual("IsTruncated", answer.IsTruncated, false);
    },
  },
  {
    name: "a listing with a delimiter has folders once",
    async run(context) {
      const folder = await putAll(context, ["a", "b/1", "b/2", "c/1/2", "d"]);
      const answer = await list(context, { Prefix: folder, Delimiter: "/" });
      expectList("keys", namesOf(answer, folder), ["a", "d"]);
      expectList("folders", prefixesOf(answer, folder), ["b/", "c/"]);
      expectEqual("KeyCount", answer.KeyCount, 4);
    },
  },
  {
    name: "a listing is in the order of UTF-8",
    async run(context) {
      // Of UTF-16 the order of the last two would be the other one.
      const ordered = ["A", "B", "a", "a!", "a/b", "a0", "z", "é", "～", "🧠"];
      const folder = await putAll(context, ordered.toReversed());
      expectList("keys", namesOf(await list(context, { Prefix: folder }), folder), ordered);
    },
  },
  {
    name: "a listing goes on from its token, each key once",
    async run(context) {
      const names = ["a", "b ü+&", "c", "d", "e"];
      const folder = await putAll(context, names);
      const listed: string[] = [];
      let token: string | undefined;
      for (let page = 0; page < names.length; page += 1) {
        const where = { Prefix: folder, MaxKeys: 2, ContinuationToken: token };
        const answer = await list(context, where);
        expectTrue("a page of more than two", (answer.Contents?.length ?? 0) <= 2);
        listed.push(...namesOf(answer, folder));
        token = answer.NextContinuationToken;
        expectEqual("IsTruncated", answer.IsTruncated, token !== undefined);
        if (token === undefined) break;
      }
      expectList("keys", listed, names);
    },
  },
  {
    name: "folders count in a page, and each is in one page",
    async run(context) {
      const folder = await putAll(context, ["a/1", "a/2", "b", "c/1", "c/2", "d"]);
      const listed: string[] = [];
      let token: string | undefined;
      for (let page = 0; page < 6; page += 1) {
        const where = { Prefix: folder, Delimiter: "/", MaxKeys: 1, ContinuationToken: token };
        const answer = await list(context, where);
        listed.push(...prefixesOf(answer, folder), ...namesOf(answer, folder));
        token = answer.NextContinuationToken;
        if (token === undefined) break;
      }
      expectList("keys and folders", listed, ["a/", "b", "c/", "d"]);
    },
  },
  {
    name: "a listing starts after a key",
    async run(context) {
      const folder = await putAll(context, ["a", "b", "c"]);
      const answer = await list(context, { Prefix: folder, StartAfter: `${folder}a` });
      expectList("keys", namesOf(answer, folder), ["b", "c"]);
    },
  },
  {
    name: "a listing encodes keys, if asked",
    async run(context) {
      const name = "my mödel+1 %41/&?.keras";
      const folder = await putAll(context, [name]);
      const answer = await list(context, { Prefix: folder, EncodingType: "url" });
      const key = answer.Contents?.[0]?.Key ?? "";
      expectEqual("EncodingType", answer.EncodingType, "url");
      expectTrue("not encoded", !/[^\w.\-*/+%]/.test(key));
      expectEqual("key", decodeURIComponent(key.replaceAll("+", "%20")), folder + name);
    },
  },
  {
    name: "a listing of nothing is empty",
    async run(context) {
      const answer = await list(context, { Prefix: context.newKey("nothing") });
      expectEqual("KeyCount", answer.KeyCount, 0);
      expectEqual("keys", answer.Contents?.length ?? 0, 0);
    },
  },
  {
    name: "what is deleted is not listed",
    async run(context) {
      const { client, bucket } = context;
      const folder = await putAll(context, ["a", "b"]);
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${folder}a` }));
      expectList("keys", namesOf(await list(context, { Prefix: folder }), folder), ["b"]);
    },
  },
];
