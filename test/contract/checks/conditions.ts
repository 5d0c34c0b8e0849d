import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import type { Check } from "../check.ts";
import { staleEtag } from "../data.ts";
import { expectBytes, expectOneWinner, expectRefusal } from "../expect.ts";
import { get, head, put } from "../objects.ts";

const there = Buffer.from("there");
const next = Buffer.from("next");

export const conditionChecks: readonly Check[] = [
  {
    name: "If-Match reads the object of that ETag and no other",
    async run(context) {
      const key = context.newKey();
      const { ETag } = await put(context, key, there);
      expectBytes("the object", (await get(context, key, { IfMatch: ETag })).bytes, there);
      await expectRefusal(get(context, key, { IfMatch: staleEtag }), "PreconditionFailed 412");
      await expectRefusal(head(context, key, { IfMatch: staleEtag }), "412");
    },
  },
  {
    name: "If-None-Match reads the object unless it has that ETag",
    async run(context) {
      const key = context.newKey();
      const { ETag } = await put(context, key, there);
      const got = await get(context, key, { IfNoneMatch: staleEtag });
      expectBytes("the object", got.bytes, there);
      await expectRefusal(get(context, key, { IfNoneMatch: ETag }), "304");
      await expectRefusal(head(context, key, { IfNoneMatch: ETag }), "304");
    },
  },
  {
    name: "Put with If-None-Match * makes a new object",
    async run(context) {
      const key = context.newKey();
      await put(context, key, there, { IfNoneMatch: "*" });
      expectBytes("the object", (await get(context, key)).bytes, there);
    },
  },
  {
    name: "Put with If-None-Match * leaves an object that is there as it is",
    async run(context) {
      const key = context.newKey();
      await put(context, key, there);
      await expectRefusal(put(context, key, next, { IfNoneMatch: "*" }), "PreconditionFailed 412");
      expectBytes("the object", (await get(context, key)).bytes, there);
    },
  },
  {
    name: "Put with If-None-Match * goes over a delete marker",
    needs: "versions",
    async run(context) {
      const { client, bucket } = context;
      const key = context.newKey();
      await put(context, key, there);
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      await put(context, key, next, { IfNoneMatch: "*" });
      expectBytes("the object", (await get(context, key)).bytes, next);
    },
  },
  {
    name: "of eight Puts at once with If-None-Match * one wins",
    async run(context) {
      const key = context.newKey();
      const bodies = Array.from({ length: 8 }, (_, index) => `number ${index}`);
      const winner = await expectOneWinner(
        bodies.map((body) => put(context, key, body, { IfNoneMatch: "*" })),
      );
      expectBytes("the object", (await get(context, key)).bytes, Buffer.from(bodies[winner]!));
    },
  },
  {
    name: "Put with If-Match replaces the object of that ETag",
    async run(context) {
      const key = context.newKey();
      const { ETag } = await put(context, key, there);
      await put(context, key, next, { IfMatch: ETag });
      expectBytes("the object", (await get(context, key)).bytes, next);
    },
  },
  {
    name: "Put with If-Match leaves another object as it is",
    async run(context) {
      const key = context.newKey();
      await put(context, key, there);
      const replaced = put(context, key, next, { IfMatch: staleEtag });
      await expectRefusal(replaced, "PreconditionFailed 412");
      expectBytes("the object", (await get(context, key)).bytes, there);
    },
  },
  {
    name: "Put with If-Match where nothing is is NoSuchKey",
    async run(context) {
      const key = context.newKey();
      await expectRefusal(put(context, key, next, { IfMatch: staleEtag }), "NoSuchKey 404");
      await expectRefusal(head(context, key), "404");
    },
  },
  {
    name: "Put with If-Match over a delete marker is NoSuchKey",
    needs: "versions",
    async run(context) {
      const { client, bucket } = context;
      const key = context.newKey();
      const { ETag } = await put(context, key, there);
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      await expectRefusal(put(context, key, next, { IfMatch: ETag }), "NoSuchKey 404");
    },
  },
];
