import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type MultipartUpload,
  type Part,
} from "@aws-sdk/client-s3";
import type { Check, Context } from "../check.ts";
import { checksumsOfDigits, digits, etagOf } from "../data.ts";
import { expectEqual, expectList, expectTrue } from "../expect.ts";
import { Upload } from "../upload.ts";

async function uploadsOf({ client, bucket }: Context, prefix: string): Promise<MultipartUpload[]> {
  const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix });
  const { Uploads = [] } = await client.send(command);
  return Uploads;
}

export const uploadListChecks: readonly Check[] = [
  {
    name: "parts are listed with number, size, ETag and checksum",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), {
        ChecksumAlgorithm: "CRC32",
        ChecksumType: "FULL_OBJECT",
      });
      const checksum = { ChecksumCRC32: checksumsOfDigits.CRC32 };
      await upload.send(4, digits, checksum);
      await upload.send(2, digits, checksum);
      const { Parts = [] } = await context.client.send(new ListPartsCommand(upload.names));
      expectList(
        "numbers",
        Parts.map(({ PartNumber }) => PartNumber),
        [2, 4],
      );
      expectEqual("size", Parts[0]?.Size, digits.length);
      expectEqual("ETag", Parts[0]?.ETag, etagOf(digits));
      expectEqual("CRC32", Parts[0]?.ChecksumCRC32, checksumsOfDigits.CRC32);
    },
  },
  {
    name: "parts are listed in pages, each once",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const numbers = [1, 2, 10, 11, 100];
      for (const number of numbers) await upload.send(number, digits);
      const listed: Part[] = [];
      let marker: string | undefined;
      for (let page = 0; page < numbers.length; page += 1) {
        const answer = await context.client.send(
          new ListPartsCommand({ ...upload.names, MaxParts: 2, PartNumberMarker: marker }),
        );
        expectTrue("a page of more than two", (answer.Parts?.length ?? 0) <= 2);
        listed.push(...(answer.Parts ?? []));
        if (answer.IsTruncated !== true) break;
        marker = answer.NextPartNumberMarker;
      }
      expectList(
        "numbers",
        listed.map(({ PartNumber }) => PartNumber),
        numbers,
      );
    },
  },
  {
    name: "uploads are listed by prefix until they are completed or aborted",
    async run(context) {
      const prefix = context.newKey("listed");
      const one = await Upload.create(context, `${prefix}/a`);
      const two = await Upload.create(context, `${prefix}/b`);
      const keys = async (): Promise<(string | undefined)[]> =>
        (await uploadsOf(context, `${prefix}/`)).map(({ Key }) => Key);
      expectEqual("uploads", (await keys()).length, 2);
      await one.complete([await one.send(1, digits)]);
      expectEqual("uploads after Complete", (await keys()).length, 1);
      await context.client.send(new AbortMultipartUploadCommand(two.names));
      expectEqual("uploads after Abort", (await keys()).length, 0);
    },
  },
  {
    name: "uploads are listed in pages, each once, by key",
    async run(context) {
      const { client, bucket } = context;
      const prefix = context.newKey("paged");
      const keys = ["a", "b", "b", "c"].map((name) => `${prefix}/${name}`);
      const ids = [];
      for (const key of keys) ids.push((await Upload.create(context, key)).id);
      const listed: MultipartUpload[] = [];
      let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
      for (let page = 0; page < keys.length; page += 1) {
        const where = { Bucket: bucket, Prefix: `${prefix}/`, MaxUploads: 1, ...next };
        const answer = await client.send(new ListMultipartUploadsCommand(where));
        listed.push(...(answer.Uploads ?? []));
        if (answer.IsTruncated !== true) break;
        next = { KeyMarker: answer.NextKeyMarker, UploadIdMarker: answer.NextUploadIdMarker };
      }
      const names = listed.map(({ Key = "" }) => Key.slice(prefix.length + 1));
      expectList("keys", names, ["a", "b", "b", "c"]);
      const found = new Set(listed.map(({ UploadId }) => UploadId));
      expectTrue(
        "other ids",
        ids.every((id) => found.has(id)),
      );
    },
  },
];
