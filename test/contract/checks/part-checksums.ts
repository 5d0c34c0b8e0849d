import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  GetObjectAttributesCommand,
  ListPartsCommand,
  type CompletedPart,
  type GetObjectAttributesCommandInput,
  type GetObjectAttributesCommandOutput,
} from "@aws-sdk/client-s3";
import type { Check, Context } from "../check.ts";
import {
  bytesOf,
  checksumsOfDigits,
  compositeOf,
  crc32Of,
  digits,
  leastPart,
  MiB,
  otherChecksums,
  sha256,
} from "../data.ts";
import { expectBytes, expectEqual, expectList, expectRefusal } from "../expect.ts";
import { copySource, get, head, put } from "../objects.ts";
import { Upload } from "../upload.ts";

const first = bytesOf("first part", leastPart);
const last = bytesOf("last part", 1001);
const fullCrc32 = { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" } as const;
const compositeCrc32 = { ChecksumAlgorithm: "CRC32", ChecksumType: "COMPOSITE" } as const;
const compositeSha256 = { ChecksumAlgorithm: "SHA256" } as const;
/** Of `first` and `last`. */
const totalCrc32 = compositeOf(crc32Of, [crc32Of(first), crc32Of(last)]);

/** Sends `first` and `last` with their CRC-32s. */
async function sendBoth(
  upload: Upload,
  numbers: readonly [number, number] = [1, 2],
): Promise<CompletedPart[]> {
  return [
    await upload.send(numbers[0], first, { ChecksumCRC32: crc32Of(first) }),
    await upload.send(numbers[1], last, { ChecksumCRC32: crc32Of(last) }),
  ];
}

async function uploadBoth(
  context: Context,
  options: typeof fullCrc32 | typeof compositeCrc32,
): Promise<string> {
  const upload = await Upload.create(context, context.newKey(), options);
  await upload.complete(await sendBoth(upload));
  return upload.key;
}

function attributesOf(
  { client, bucket }: Context,
  key: string,
  options: Omit<GetObjectAttributesCommandInput, "Bucket" | "Key" | "ObjectAttributes"> = {},
): Promise<GetObjectAttributesCommandOutput> {
  return client.send(
    new GetObjectAttributesCommand({
      Bucket: bucket,
      Key: key,
      ObjectAttributes: ["Checksum", "ObjectParts"],
      ...options,
    }),
  );
}

/** "CompletedPart" in the API Reference, PartNumber. */
function outOfOrder(kind: string, options: typeof fullCrc32 | typeof compositeCrc32): Check {
  return {
    name: `numbers of parts with checksums begin with 1 and leave no gap (${kind})`,
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), options);
      const withGap = await sendBoth(upload, [1, 3]);
      await expectRefusal(upload.complete(withGap), "InvalidPartOrder 400");
      const late = await sendBoth(upload, [2, 3]);
      await expectRefusal(upload.complete(late), "InvalidPartOrder 400");
      await upload.complete(await sendBoth(upload));
      const { ContentLength } = await head(context, upload.key);
      expectEqual("length", ContentLength, first.length + last.length);
    },
  };
}

function wrongPart(algorithm: "CRC32C" | "CRC64NVME" | "SHA256"): Check {
  return {
    name: `a part with a wrong ${algorithm} is BadDigest`,
    async run(context) {
      const options = { ChecksumAlgorithm: algorithm };
      const upload = await Upload.create(context, context.newKey(), options);
      const wrong = { [`Checksum${algorithm}`]: otherChecksums[algorithm] };
      await expectRefusal(upload.send(1, digits, wrong), "BadDigest 400");
    },
  };
}

export const partChecksumChecks: readonly Check[] = [
  outOfOrder("FULL_OBJECT", fullCrc32),
  outOfOrder("COMPOSITE", compositeCrc32),
  wrongPart("CRC32C"),
  wrongPart("CRC64NVME"),
  wrongPart("SHA256"),
  {
    name: "GetObjectAttributes states a composite CRC32 without the number of parts, and the parts'",
    async run(context) {
      const key = await uploadBoth(context, compositeCrc32);
      const { Checksum, ObjectParts } = await attributesOf(context, key);
      expectEqual("CRC32", Checksum?.ChecksumCRC32, totalCrc32.replace("-2", ""));
      expectEqual("type", Checksum?.ChecksumType, "COMPOSITE");
      expectEqual("number of parts", ObjectParts?.TotalPartsCount, 2);
      expectList(
        "CRC32s of parts",
        ObjectParts?.Parts?.map(({ ChecksumCRC32 }) => ChecksumCRC32),
        [crc32Of(first), crc32Of(last)],
      );
      expectList(
        "sizes of parts",
        ObjectParts?.Parts?.map(({ Size }) => Size),
        [first.length, last.length],
      );
    },
  },
  {
    name: "GetObjectAttributes does not list the parts where the checksum is of the full object",
    async run(context) {
      const key = await uploadBoth(context, fullCrc32);
      const { ObjectParts } = await attributesOf(context, key);
      expectEqual("number of parts", ObjectParts?.TotalPartsCount, 2);
      expectEqual("parts listed", ObjectParts?.Parts?.length ?? 0, 0);
    },
  },
  {
    name: "GetObjectAttributes gives parts in pages",
    async run(context) {
      const key = await uploadBoth(context, compositeCrc32);
      const one = await attributesOf(context, key, { MaxParts: 1 });
      expectEqual("truncated", one.ObjectParts?.IsTruncated, true);
      expectList("numbers", one.ObjectParts?.Parts?.map(numberOf), [1]);
      const next = one.ObjectParts?.NextPartNumberMarker;
      const two = await attributesOf(context, key, { MaxParts: 1, PartNumberMarker: next });
      expectEqual("truncated at the end", two.ObjectParts?.IsTruncated, false);
      expectList("numbers of the next", two.ObjectParts?.Parts?.map(numberOf), [2]);
    },
  },
  {
    name: "ListParts says algorithm and type of an upload, and the CRC32 of parts sent and copied",
    async run(context) {
      const source = await context.source();
      for (const options of [fullCrc32, compositeCrc32]) {
        const upload = await Upload.create(context, context.newKey(), options);
        await upload.copy(2, source.location, [5, MiB]);
        await upload.send(1, digits, { ChecksumCRC32: checksumsOfDigits.CRC32 });
        const listed = await context.client.send(new ListPartsCommand(upload.names));
        expectEqual("algorithm", listed.ChecksumAlgorithm, "CRC32");
        expectEqual("type", listed.ChecksumType, options.ChecksumType);
        expectList(
          "CRC32s",
          listed.Parts?.map(({ ChecksumCRC32 }) => ChecksumCRC32),
          [checksumsOfDigits.CRC32, crc32Of(source.bytes.subarray(5, MiB + 1))],
        );
      }
    },
  },
  {
    name: "ListParts of an upload that asks for no checksum says none",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      await upload.send(1, digits);
      const listed = await context.client.send(new ListPartsCommand(upload.names));
      expectEqual("algorithm", listed.ChecksumAlgorithm, undefined);
      expectEqual("CRC64NVME", listed.Parts?.[0]?.ChecksumCRC64NVME, undefined);
      expectEqual("CRC32", listed.Parts?.[0]?.ChecksumCRC32, undefined);
    },
  },
  {
    name: "ListParts of an upload that was aborted is NoSuchUpload",
    async run(context) {
      const upload = await Upload.create(context, context.newKey());
      await context.client.send(new AbortMultipartUploadCommand(upload.names));
      const listed = context.client.send(new ListPartsCommand(upload.names));
      await expectRefusal(listed, "NoSuchUpload 404");
    },
  },
  {
    name: "Get and Head of a part state its own checksum where the object's is composite",
    async run(context) {
      const key = await uploadBoth(context, compositeCrc32);
      const options = { PartNumber: 2, ChecksumMode: "ENABLED" } as const;
      const stated = await head(context, key, options);
      expectEqual("CRC32 of Head", stated.ChecksumCRC32, crc32Of(last));
      expectEqual("type of Head", stated.ChecksumType, "COMPOSITE");
      const got = await get({ ...context, client: context.usual }, key, options);
      expectEqual("CRC32 of Get", got.ChecksumCRC32, crc32Of(last));
      expectBytes("the part", got.bytes, last);
      const unasked = await head(context, key, { PartNumber: 2 });
      expectEqual("CRC32 unasked", unasked.ChecksumCRC32, undefined);
    },
  },
  {
    name: "Get of a part states no checksum where the object's is of all of it",
    async run(context) {
      const key = await uploadBoth(context, fullCrc32);
      const got = await get(context, key, { PartNumber: 2, ChecksumMode: "ENABLED" });
      expectBytes("the part", got.bytes, last);
      expectEqual("CRC32", got.ChecksumCRC32, undefined);
    },
  },
  {
    name: "a range of an object with a composite checksum states none",
    async run(context) {
      const key = await uploadBoth(context, compositeCrc32);
      const got = await get(context, key, { Range: "bytes=0-99", ChecksumMode: "ENABLED" });
      expectBytes("the range", got.bytes, first.subarray(0, 100));
      expectEqual("CRC32", got.ChecksumCRC32, undefined);
    },
  },
  {
    name: "a composite checksum wants one of each part when it is sent",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), compositeSha256);
      await expectRefusal(upload.send(1, digits), "InvalidRequest 400");
    },
  },
  {
    name: "a composite checksum wants one of each part at Complete",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), compositeCrc32);
      const parts = await sendBoth(upload);
      const without = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
      await expectRefusal(upload.complete(without), "InvalidRequest 400");
    },
  },
  {
    name: "Complete with a right composite checksum succeeds and states it",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), compositeCrc32);
      const parts = await sendBoth(upload);
      const answer = await upload.complete(parts, { ChecksumCRC32: totalCrc32 });
      expectEqual("CRC32", answer.ChecksumCRC32, totalCrc32);
      expectEqual("type", answer.ChecksumType, "COMPOSITE");
    },
  },
  {
    name: "Complete with another type of checksum than Create's is InvalidRequest",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), compositeCrc32);
      const parts = await sendBoth(upload);
      const other = upload.complete(parts, { ChecksumType: "FULL_OBJECT" });
      await expectRefusal(other, "InvalidRequest 400");
    },
  },
  {
    name: "Complete with another SHA256 of a part is InvalidPart",
    async run(context) {
      const upload = await Upload.create(context, context.newKey(), compositeSha256);
      const part = await upload.send(1, digits, { ChecksumSHA256: checksumsOfDigits.SHA256 });
      const other = { ...part, ChecksumSHA256: otherChecksums.SHA256 };
      await expectRefusal(upload.complete([other]), "InvalidPart 400");
    },
  },
  {
    name: "a copied part has the SHA256 of its range",
    async run(context) {
      const source = await context.source();
      const upload = await Upload.create(context, context.newKey(), compositeSha256);
      const part = await upload.copy(1, source.location, [5, MiB]);
      expectEqual("SHA256", part.ChecksumSHA256, sha256(source.bytes.subarray(5, MiB + 1)));
    },
  },
  {
    name: "CopyObject keeps the kind of checksum that its source has",
    async run(context) {
      const { client, bucket } = context;
      const from = context.newKey();
      await put(context, from, digits, { ChecksumSHA256: checksumsOfDigits.SHA256 });
      const key = context.newKey();
      const CopySource = copySource(bucket, from);
      await client.send(new CopyObjectCommand({ Bucket: bucket, Key: key, CopySource }));
      const stated = await head(context, key, { ChecksumMode: "ENABLED" });
      expectEqual("SHA256", stated.ChecksumSHA256, checksumsOfDigits.SHA256);
      expectEqual("type", stated.ChecksumType, "FULL_OBJECT");
    },
  },
  {
    name: "CopyObject computes the checksum that it is asked for",
    async run(context) {
      const { client, bucket } = context;
      const from = context.newKey();
      await put(context, from, digits, { ChecksumSHA256: checksumsOfDigits.SHA256 });
      const key = context.newKey();
      const command = new CopyObjectCommand({
        Bucket: bucket,
        Key: key,
        CopySource: copySource(bucket, from),
        ChecksumAlgorithm: "CRC32C",
      });
      const { CopyObjectResult } = await client.send(command);
      expectEqual("of Copy", CopyObjectResult?.ChecksumCRC32C, checksumsOfDigits.CRC32C);
      const stated = await head(context, key, { ChecksumMode: "ENABLED" });
      expectEqual("of Head", stated.ChecksumCRC32C, checksumsOfDigits.CRC32C);
    },
  },
];

function numberOf({ PartNumber }: { PartNumber?: number | undefined }): number | undefined {
  return PartNumber;
}
