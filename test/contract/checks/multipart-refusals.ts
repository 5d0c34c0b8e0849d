import { AbortMultipartUploadCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import type { Check } from "../check.ts";
import { bytesOf, leastPart, staleEtag } from "../data.ts";
import { expectBytes, expectRefusal } from "../expect.ts";
import { get, head } from "../objects.ts";
import { Upload } from "../upload.ts";

const large = bytesOf("large part", leastPart);
const small = bytesOf("small part", leastPart - 1);
const tiny = Buffer.from("tiny");

export const multipartRefusalChecks: readonly Check[] = [
  {
    name: "a part before the last of less than 5 MiB is EntityTooSmall, the upload goes on",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const end = await upload.send(2, tiny);
      const tooSmall = await upload.send(1, small);
      await expectRefusal(upload.complete([tooSmall, end]), "EntityTooSmall 400");
      await expectRefusal(head(context, upload.key), "404");
      await upload.complete([await upload.send(1, large), end]);
      expectBytes(
        "the object",
        (await get(context, upload.key)).bytes,
        Buffer.concat([large, tiny]),
      );
    },
  },
  {
    name: "a part that was never sent is InvalidPart",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.send(1, tiny);
      await expectRefusal(upload.complete([{ ...part, PartNumber: 2 }]), "InvalidPart 400");
    },
  },
  {
    name: "a part of another ETag is InvalidPart",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.send(1, tiny);
      await expectRefusal(upload.complete([{ ...part, ETag: staleEtag }]), "InvalidPart 400");
      await upload.complete([part]);
      expectBytes("the object", (await get(context, upload.key)).bytes, tiny);
    },
  },
  {
    name: "numbers of parts that do not ascend are InvalidPartOrder",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const one = await upload.send(1, large);
      const two = await upload.send(2, large);
      await expectRefusal(upload.complete([two, one]), "InvalidPartOrder 400");
    },
  },
  {
    name: "Complete without parts is MalformedXML",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      await upload.send(1, tiny);
      await expectRefusal(upload.complete([]), "MalformedXML 400");
    },
  },
  {
    name: "numbers of parts below 1 and above 10000 are InvalidArgument",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      await expectRefusal(upload.send(0, tiny), "InvalidArgument 400");
      await expectRefusal(upload.send(10_001, tiny), "InvalidArgument 400");
    },
  },
  {
    name: "an upload that is not there is NoSuchUpload to every request",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const part = await upload.send(1, tiny);
      const { client } = context;
      await client.send(new AbortMultipartUploadCommand(upload.names));
      await expectRefusal(upload.send(1, tiny), "NoSuchUpload 404");
      await expectRefusal(upload.complete([part]), "NoSuchUpload 404");
      await expectRefusal(client.send(new ListPartsCommand(upload.names)), "NoSuchUpload 404");
      // Not the same upload again: for some hours S3 says of it that it is aborted, with success.
      const unknown = { ...upload.names, UploadId: "not-an-upload" };
      const abort = client.send(new AbortMultipartUploadCommand(unknown));
      await expectRefusal(abort, "NoSuchUpload 404");
    },
  },
  {
    name: "an upload of another key is NoSuchUpload",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const other = { ...upload.names, Key: context.newKey() };
      await expectRefusal(context.client.send(new ListPartsCommand(other)), "NoSuchUpload 404");
    },
  },
  {
    name: "Complete with a wrong size of the object is InvalidRequest, the upload goes on",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      const parts = [await upload.send(1, large), await upload.send(2, tiny)];
      const size = large.length + tiny.length;
      await expectRefusal(
        upload.complete(parts, { MpuObjectSize: size + 1 }),
        "InvalidRequest 400",
      );
      await expectRefusal(head(context, upload.key), "404");
      await upload.complete(parts, { MpuObjectSize: size });
    },
  },
];
