import {
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  type CompleteMultipartUploadCommandOutput,
} from "@aws-sdk/client-s3";
import type { Check, Context } from "../check.ts";
import {
  bytesOf,
  checksumsOfDigits,
  compositeOf,
  crc32Of,
  digits,
  leastPart,
  otherChecksums,
  sha256,
} from "../data.ts";
import { expectBytes, expectEqual, expectRefusal } from "../expect.ts";
import { get, head, put } from "../objects.ts";
import { Upload } from "../upload.ts";

const first = bytesOf("first part", leastPart);
const last = bytesOf("last part", 1001);
const whole = Buffer.concat([first, last]);
const fullCrc32 = { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" } as const;

/** An object of two parts with a CRC-32 of all of it, the parts sent last first. */
async function uploadWhole(
  context: Context,
): Promise<{ key: string; answer: CompleteMultipartUploadCommandOutput }> {
  const upload = await Upload.create(context, context.newKey(), fullCrc32);
  const two = await upload.send(2, last, { ChecksumCRC32: crc32Of(last) });
  const one = await upload.send(1, first, { ChecksumCRC32: crc32Of(first) });
  const answer = await upload.complete([one, two], {
    ChecksumCRC32: crc32Of(whole),
    ChecksumType: "FULL_OBJECT",
    MpuObjectSize: whole.length,
    IfNoneMatch: "*",
  });
  return { key: upload.key, answer };
}

/** That a server finds the checksum of two parts to be what a single Put of them has. */
function sameAsPut(algorithm: "CRC32C" | "CRC64NVME"): Check {
  const field = `Checksum${algorithm}` as const;
  return {
    name: `a full ${algorithm} of parts is that of the same bytes in one Put`,
    async run(context) {
      const options = { ChecksumAlgorithm: algorithm };
      const key = context.newKey();
      const { [field]: wanted } = await put(context, key, whole, options);
      const upload = await Upload.create(context, context.newKey(), {
        ...options,
        ChecksumType: "FULL_OBJECT",
      });
      const parts = [await upload.send(1, first, options), await upload.send(2, last, options)];
      const answer = await upload.complete(parts);
      expectEqual("of Complete", answer[field], wanted);
      const found = await head(context, upload.key, { ChecksumMode: "ENABLED" });
      expectEqual("of Head", found[field], wanted);
      expectEqual("type", found.ChecksumType, "FULL_OBJECT");
    },
  };
}

function defaultType(
  algorithm: "CRC32" | "CRC32C" | "CRC64NVME" | "SHA256",
  type: "COMPOSITE" | "FULL_OBJECT",
): Check {
  return {
    name: `${algorithm} of an upload is ${type} unless said otherwise`,
    async run(context) {
      const { client, bucket } = context;
      const command = new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: context.newKey(),
        ChecksumAlgorithm: algorithm,
      });
      const answer = await client.send(command);
      expectEqual("algorithm", answer.ChecksumAlgorithm, algorithm);
      expectEqual("type", answer.ChecksumType, type);
    },
  };
}

export const multipartChecksumChecks: readonly Check[] = [
  defaultType("CRC32", "COMPOSITE"),
  defaultType("CRC32C", "COMPOSITE"),
  defaultType("SHA256", "COMPOSITE"),
  defaultType("CRC64NVME", "FULL_OBJECT"),
  {
    name: "a full SHA256 and a composite CRC64NVME cannot be asked for",
    async run(context) {
      const fullSha256 = { ChecksumAlgorithm: "SHA256", ChecksumType: "FULL_OBJECT" } as const;
      const asked = Upload.create(context, context.newKey(), fullSha256);
      await expectRefusal(asked, "InvalidRequest 400");
      const composite = { ChecksumAlgorithm: "CRC64NVME", ChecksumType: "COMPOSITE" } as const;
      const other = Upload.create(context, context.newKey(), composite);
      await expectRefusal(other, "InvalidRequest 400");
    },
  },
  {
    name: "UploadPart states the CRC32 of its part",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), fullCrc32);
      const part = await upload.send(1, digits, { ChecksumCRC32: checksumsOfDigits.CRC32 });
      expectEqual("CRC32", part.ChecksumCRC32, checksumsOfDigits.CRC32);
    },
  },
  {
    name: "Complete states the full CRC32, from parts sent last first",
    async run(context) {
      const { answer } = await uploadWhole(context);
      expectEqual("CRC32", answer.ChecksumCRC32, crc32Of(whole));
      expectEqual("type", answer.ChecksumType, "FULL_OBJECT");
    },
  },
  {
    name: "Complete computes the full CRC32 when it is not told",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), fullCrc32);
      const parts = [
        await upload.send(1, first, { ChecksumCRC32: crc32Of(first) }),
        await upload.send(2, last, { ChecksumCRC32: crc32Of(last) }),
      ];
      const answer = await upload.complete(parts);
      expectEqual("CRC32", answer.ChecksumCRC32, crc32Of(whole));
    },
  },
  {
    name: "of a part that is sent twice the later CRC32 counts in the full one",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), fullCrc32);
      await upload.send(1, last, { ChecksumCRC32: crc32Of(last) });
      const parts = [
        await upload.send(1, first, { ChecksumCRC32: crc32Of(first) }),
        await upload.send(2, last, { ChecksumCRC32: crc32Of(last) }),
      ];
      const answer = await upload.complete(parts);
      expectEqual("CRC32", answer.ChecksumCRC32, crc32Of(whole));
    },
  },
  {
    name: "Head states the full CRC32 of an object of parts",
    async run(context) {
      const { key } = await uploadWhole(context);
      const found = await head(context, key, { ChecksumMode: "ENABLED" });
      expectEqual("CRC32", found.ChecksumCRC32, crc32Of(whole));
      expectEqual("type", found.ChecksumType, "FULL_OBJECT");
    },
  },
  {
    name: "the SDK finds the full CRC32 right when it reads an object of parts",
    async run(context) {
      const { key } = await uploadWhole(context);
      const got = await get({ ...context, client: context.usual }, key);
      expectBytes("the object", got.bytes, whole);
      expectEqual("CRC32", got.ChecksumCRC32, crc32Of(whole));
    },
  },
  {
    name: "GetObjectAttributes states the full CRC32 and the number of parts",
    async run(context) {
      const { key } = await uploadWhole(context);
      const command = new GetObjectAttributesCommand({
        Bucket: context.bucket,
        Key: key,
        ObjectAttributes: ["Checksum", "ObjectParts", "ObjectSize"],
      });
      const { Checksum, ObjectParts, ObjectSize } = await context.client.send(command);
      expectEqual("CRC32", Checksum?.ChecksumCRC32, crc32Of(whole));
      expectEqual("type", Checksum?.ChecksumType, "FULL_OBJECT");
      expectEqual("parts", ObjectParts?.TotalPartsCount, 2);
      expectEqual("size", ObjectSize, whole.length);
    },
  },
  {
    name: "Complete with a wrong full CRC32 is BadDigest, the upload goes on",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), fullCrc32);
      const parts = [
        await upload.send(1, first, { ChecksumCRC32: crc32Of(first) }),
        await upload.send(2, last, { ChecksumCRC32: crc32Of(last) }),
      ];
      const type = { ChecksumType: "FULL_OBJECT" } as const;
      const wrong = upload.complete(parts, { ChecksumCRC32: otherChecksums.CRC32, ...type });
      await expectRefusal(wrong, "BadDigest 400");
      await expectRefusal(head(context, upload.key), "404");
      await upload.complete(parts, { ChecksumCRC32: crc32Of(whole), ...type });
      expectBytes("the object", (await get(context, upload.key)).bytes, whole);
    },
  },
  {
    name: "a part with a wrong CRC32 is BadDigest and not kept",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), fullCrc32);
      const part = await upload.send(1, digits, { ChecksumCRC32: checksumsOfDigits.CRC32 });
      const wrong = upload.send(1, "other bytes", { ChecksumCRC32: otherChecksums.CRC32 });
      await expectRefusal(wrong, "BadDigest 400");
      await upload.complete([part]);
      expectBytes("the object", (await get(context, upload.key)).bytes, digits);
    },
  },
  {
    name: "Complete with another CRC32 of a part is InvalidPart",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), fullCrc32);
      const part = await upload.send(1, digits, { ChecksumCRC32: checksumsOfDigits.CRC32 });
      const other = { ...part, ChecksumCRC32: otherChecksums.CRC32 };
      await expectRefusal(upload.complete([other]), "InvalidPart 400");
    },
  },
  {
    name: "a part with a checksum of another kind than the upload's is refused",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), fullCrc32);
      const sent = upload.send(1, digits, { ChecksumSHA256: checksumsOfDigits.SHA256 });
      await expectRefusal(sent, "InvalidRequest 400");
    },
  },
  {
    name: "a composite CRC32 is that of the parts' CRC32s",
    async run(context) {
      const composite = { ChecksumAlgorithm: "CRC32", ChecksumType: "COMPOSITE" } as const;
      const upload = await Upload.create(context, context.newKey(), composite);
      const parts = [
        await upload.send(1, first, { ChecksumCRC32: crc32Of(first) }),
        await upload.send(2, last, { ChecksumCRC32: crc32Of(last) }),
      ];
      await upload.complete(parts);
      const found = await head(context, upload.key, { ChecksumMode: "ENABLED" });
      const wanted = compositeOf(crc32Of, [crc32Of(first), crc32Of(last)]);
      expectEqual("CRC32", found.ChecksumCRC32, wanted);
      expectEqual("type", found.ChecksumType, "COMPOSITE");
    },
  },
  {
    name: "a composite SHA256 is that of the parts' SHA256s",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), {
        ChecksumAlgorithm: "SHA256",
      });
      const parts = [
        await upload.send(1, first, { ChecksumSHA256: sha256(first) }),
        await upload.send(2, last, { ChecksumSHA256: sha256(last) }),
      ];
      await upload.complete(parts);
      const found = await head(context, upload.key, { ChecksumMode: "ENABLED" });
      const wanted = compositeOf(sha256, [sha256(first), sha256(last)]);
      expectEqual("SHA256", found.ChecksumSHA256, wanted);
      expectEqual("type", found.ChecksumType, "COMPOSITE");
    },
  },
  sameAsPut("CRC32C"),
  sameAsPut("CRC64NVME"),
  {
    name: "an upload that asks for no checksum has a full CRC64NVME",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      await upload.complete([await upload.send(1, digits)]);
      const found = await head(context, upload.key, { ChecksumMode: "ENABLED" });
      expectEqual("CRC64NVME", found.ChecksumCRC64NVME, checksumsOfDigits.CRC64NVME);
      expectEqual("type", found.ChecksumType, "FULL_OBJECT");
    },
  },
];
