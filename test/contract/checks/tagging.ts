import {
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  PutObjectTaggingCommand,
  type Tag,
} from "@aws-sdk/client-s3";
import type { Check, Context } from "../check.ts";
import { expectEqual, expectList, expectRefusal } from "../expect.ts";
import { head, put } from "../objects.ts";

const content = Buffer.from("tagged");

async function setTags(
  { usual, bucket }: Context,
  key: string,
  TagSet: Tag[],
  VersionId?: string,
): Promise<void> {
  const Tagging = { TagSet };
  await usual.send(new PutObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId, Tagging }));
}

async function tagsOf(
  { usual, bucket }: Context,
  key: string,
  VersionId?: string,
): Promise<string[]> {
  const command = new GetObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId });
  const { TagSet = [] } = await usual.send(command);
  return TagSet.map(({ Key, Value }) => `${Key}=${Value}`).toSorted();
}

export const taggingChecks: readonly Check[] = [
  {
    name: "tags are set as a whole, read and removed, and the object stays as it is",
    async run(context) {
      const { usual, bucket } = context;
      const key = context.newKey();
      const { ETag } = await put(context, key, content);
      expectList("tags of a new object", await tagsOf(context, key), []);
      await setTags(context, key, [
        { Key: "a", Value: "1" },
        { Key: "b:/", Value: "" },
      ]);
      expectList("tags", await tagsOf(context, key), ["a=1", "b:/="]);
      await setTags(context, key, [{ Key: "c", Value: "3" }]);
      expectList("tags that replace", await tagsOf(context, key), ["c=3"]);
      await usual.send(new DeleteObjectTaggingCommand({ Bucket: bucket, Key: key }));
      expectList("tags after their removal", await tagsOf(context, key), []);
      expectEqual("ETag", (await head(context, key)).ETag, ETag);
    },
  },
  {
    name: "tags are those of one version",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      const { VersionId } = await put(context, key, content);
      await put(context, key, Buffer.from("newer"));
      await setTags(context, key, [{ Key: "a", Value: "old" }], VersionId);
      expectList("tags of the older version", await tagsOf(context, key, VersionId), ["a=old"]);
      expectList("tags of the current one", await tagsOf(context, key), []);
    },
  },
  {
    name: "tags that are too many or twice are refused",
    async run(context) {
      const key = context.newKey();
      await put(context, key, content);
      const many = Array.from({ length: 11 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
      await expectRefusal(setTags(context, key, many), "BadRequest 400");
      const twice = [
        { Key: "a", Value: "1" },
        { Key: "a", Value: "2" },
      ];
      await expectRefusal(setTags(context, key, twice), "InvalidTag 400");
    },
  },
  {
    name: "tags of an object that is absent are refused",
    async run(context) {
      const key = context.newKey();
      await expectRefusal(setTags(context, key, [{ Key: "a", Value: "" }]), "NoSuchKey 404");
      await expectRefusal(tagsOf(context, key), "NoSuchKey 404");
    },
  },
];
