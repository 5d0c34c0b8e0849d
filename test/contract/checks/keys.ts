import { CopyObjectCommand, DeleteObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { Check } from "../check.ts";
import { bytesOf, etagOf } from "../data.ts";
import { expectBytes, expectEqual, expectList, expectRefusal } from "../expect.ts";
import { copySource, get, head, put } from "../objects.ts";
import { Upload } from "../upload.ts";

const data = bytesOf("keys", 1234);

/** Keys that something between the caller and the disk could take for something else. */
const awkward = [
  "my mödel+1 (2).keras",
  "a//b",
  "%41",
  "folder/",
  "日本語/модель 🧠.h5",
  `a&b<c>"d'e.keras`,
  "model=1?version#2;3:4@5,6$7!~*.h5",
] as const;

function survives(name: string): Check {
  return {
    name: `the key ${JSON.stringify(name)} is put, read, listed, copied and deleted as it is`,
    async run(context) {
      const { client, bucket } = context;
      const key = context.newKey(name);
      await put(context, key, data);
      expectBytes("the object", (await get(context, key)).bytes, data);
      expectEqual("ETag of Head", (await head(context, key)).ETag, etagOf(data));

      const folder = key.slice(0, -name.length);
      const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: folder });
      const { Contents = [] } = await client.send(list);
      expectList(
        "listed",
        Contents.map(({ Key = "" }) => Key.slice(folder.length)),
        [name],
      );

      const CopySource = copySource(bucket, key);
      const copy = `${key} copied`;
      await client.send(new CopyObjectCommand({ Bucket: bucket, Key: copy, CopySource }));
      expectBytes("the copy", (await get(context, copy)).bytes, data);
      const upload = await Upload.create(context, `${key} of parts`);
      const part = await upload.copy(1, CopySource);
      const { Key } = await upload.complete([part]);
      expectEqual("key of Complete", Key?.slice(folder.length), `${name} of parts`);
      expectBytes("the object of parts", (await get(context, upload.key)).bytes, data);

      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      await expectRefusal(head(context, key), "404");
    },
  };
}

export const keyChecks: readonly Check[] = [
  ...awkward.map(survives),
  {
    name: "keys that look alike are not the same",
    async run(context) {
      const folder = context.newKey("");
      const names = ["A", "a", "%41", "%2541", "a/b", "a//b", "\u00e9", "e\u0301", "a b", "a+b"];
      for (const name of names) await put(context, folder + name, name);
      for (const name of names) {
        const { bytes } = await get(context, folder + name);
        expectEqual("the object", Buffer.from(bytes).toString(), name);
      }
    },
  },
  {
    name: "a key has 1024 bytes at most",
    async run(context) {
      const start = context.newKey("");
      const longest = start.padEnd(1024, "/0123456789");
      await put(context, longest, data);
      expectBytes("the object", (await get(context, longest)).bytes, data);
      await expectRefusal(put(context, `${longest}x`, data), "KeyTooLongError 400");
    },
  },
];
