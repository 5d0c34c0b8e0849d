import { DeleteObjectCommand, type CompleteMultipartUploadCommandInput } from "@aws-sdk/client-s3";
import type { Check, Context } from "../check.ts";
import { staleEtag } from "../data.ts";
import { expectBytes, expectOneWinner, expectRefusal } from "../expect.ts";
import { get, head, put } from "../objects.ts";
import { Upload } from "../upload.ts";

const there = Buffer.from("there");
const next = Buffer.from("next");

type Condition = Pick<CompleteMultipartUploadCommandInput, "IfMatch" | "IfNoneMatch">;

/** Uploads `next` and completes under a condition. */
async function uploadNext(context: Context, key: string, condition: Condition): Promise<unknown> {
  const upload = await Upload.create(context, key);
  const part = await upload.send(1, next);
  return upload.complete([part], condition);
}

export const multipartConditionChecks: readonly Check[] = [
  {
    name: "Complete with If-None-Match * makes a new object",
    async run(context) {
      const key = context.newKey();
      await uploadNext(context, key, { IfNoneMatch: "*" });
      expectBytes("the object", (await get(context, key)).bytes, next);
    },
  },
  {
    name: "Complete with If-None-Match * leaves an object that is there as it is",
    async run(context) {
      const key = context.newKey();
      await put(context, key, there);
      const refused = uploadNext(context, key, { IfNoneMatch: "*" });
      await expectRefusal(refused, "PreconditionFailed 412");
      expectBytes("the object", (await get(context, key)).bytes, there);
    },
  },
  {
    name: "Complete with If-None-Match * sees an object that came after Create",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.send(1, next);
      await put(context, upload.key, there);
      const refused = upload.complete([part], { IfNoneMatch: "*" });
      await expectRefusal(refused, "PreconditionFailed 412");
      expectBytes("the object", (await get(context, upload.key)).bytes, there);
    },
  },
  {
    name: "Complete with If-None-Match * goes over a delete marker",
    needs: "versions",
    async run(context) {
      const { client, bucket } = context;
      const key = context.newKey();
      await put(context, key, there);
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      await uploadNext(context, key, { IfNoneMatch: "*" });
      expectBytes("the object", (await get(context, key)).bytes, next);
    },
  },
  {
    name: "of four Completes at once with If-None-Match * one wins",
    async run(context) {
      const key = context.newKey();
      const bodies = ["one", "two", "three", "four"];
      const staged = [];
      for (const body of bodies) {
        const upload = await Upload.create(context, key);
        staged.push({ upload, part: await upload.send(1, body) });
      }
      const winner = await expectOneWinner(
        staged.map(({ upload, part }) => upload.complete([part], { IfNoneMatch: "*" })),
      );
      expectBytes("the object", (await get(context, key)).bytes, Buffer.from(bodies[winner]!));
    },
  },
  {
    name: "Complete with If-Match replaces the object of that ETag",
    async run(context) {
      const key = context.newKey();
      const { ETag } = await put(context, key, there);
      await uploadNext(context, key, { IfMatch: ETag });
      expectBytes("the object", (await get(context, key)).bytes, next);
    },
  },
  {
    name: "Complete with If-Match leaves another object as it is",
    async run(context) {
      const key = context.newKey();
      await put(context, key, there);
      const refused = uploadNext(context, key, { IfMatch: staleEtag });
      await expectRefusal(refused, "PreconditionFailed 412");
      expectBytes("the object", (await get(context, key)).bytes, there);
    },
  },
  {
    name: "Complete with If-Match where nothing is is NoSuchKey",
    async run(context) {
      const key = context.newKey();
      await expectRefusal(uploadNext(context, key, { IfMatch: staleEtag }), "NoSuchKey 404");
      await expectRefusal(head(context, key), "404");
    },
  },
];
