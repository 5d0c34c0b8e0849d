import { Readable } from "node:stream";
import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { Check } from "../check.ts";
import {
  algorithms,
  bytesOf,
  checksumsOfDigits,
  crc32Of,
  digits,
  otherChecksums,
  sha256,
  type Algorithm,
} from "../data.ts";
import { expectBytes, expectEqual, expectRefusal } from "../expect.ts";
import { get, head, put } from "../objects.ts";

function declared(algorithm: Algorithm, value: string): Record<string, string> {
  return { [`Checksum${algorithm}`]: value };
}

function stated(
  answer: Partial<HeadObjectCommandOutput>,
  algorithm: Algorithm,
): string | undefined {
  return answer[`Checksum${algorithm}`];
}

function kept(algorithm: Algorithm): Check {
  return {
    name: `Put keeps a right ${algorithm}, of the full object`,
    async run(context) {
      const key = context.newKey();
      const right = checksumsOfDigits[algorithm];
      const answer = await put(context, key, digits, declared(algorithm, right));
      expectEqual(`${algorithm} of Put`, answer[`Checksum${algorithm}`], right);
      const found = await head(context, key, { ChecksumMode: "ENABLED" });
      expectEqual(`${algorithm} of Head`, stated(found, algorithm), right);
      expectEqual("type of Head", found.ChecksumType, "FULL_OBJECT");
    },
  };
}

function refused(algorithm: Algorithm): Check {
  return {
    name: `Put with a wrong ${algorithm} is refused, nothing is stored`,
    async run(context) {
      const key = context.newKey();
      const wrong = declared(algorithm, otherChecksums[algorithm]);
      await expectRefusal(put(context, key, digits, wrong), "BadDigest 400");
      await expectRefusal(head(context, key), "404");
    },
  };
}

export const checksumChecks: readonly Check[] = [
  ...algorithms.map(kept),
  ...algorithms.map(refused),
  {
    name: "a Put that states no checksum gets a CRC64NVME",
    async run(context) {
      const key = context.newKey();
      await put(context, key, digits);
      const found = await head(context, key, { ChecksumMode: "ENABLED" });
      expectEqual("CRC64NVME", found.ChecksumCRC64NVME, checksumsOfDigits.CRC64NVME);
      expectEqual("type", found.ChecksumType, "FULL_OBJECT");
    },
  },
  {
    name: "a Put of the SDK as it comes has a CRC32",
    async run(context) {
      const key = context.newKey();
      await put({ ...context, client: context.usual }, key, digits);
      const found = await head(context, key, { ChecksumMode: "ENABLED" });
      expectEqual("CRC32", found.ChecksumCRC32, checksumsOfDigits.CRC32);
      expectEqual("type", found.ChecksumType, "FULL_OBJECT");
    },
  },
  {
    name: "a stream of the SDK, its checksum in the trailer, is stored without its chunks",
    async run(context) {
      const key = context.newKey();
      const data = bytesOf("stream", 200_003);
      const halves = [data.subarray(0, 70_001), data.subarray(70_001)];
      await put({ ...context, client: context.usual }, key, Readable.from(halves), {
        ContentLength: data.length,
      });
      expectBytes("the object", (await get(context, key)).bytes, data);
      const found = await head(context, key, { ChecksumMode: "ENABLED" });
      expectEqual("CRC32", found.ChecksumCRC32, crc32Of(data));
      expectEqual("content encoding", found.ContentEncoding || undefined, undefined);
    },
  },
  {
    name: "Get of the whole object states its checksum, if asked",
    async run(context) {
      const key = context.newKey();
      await put(context, key, digits, { ChecksumCRC32: checksumsOfDigits.CRC32 });
      const asked = await get(context, key, { ChecksumMode: "ENABLED" });
      expectEqual("CRC32", asked.ChecksumCRC32, checksumsOfDigits.CRC32);
      expectEqual("CRC32 unasked", (await get(context, key)).ChecksumCRC32, undefined);
    },
  },
  {
    name: "Get of a range does not state the checksum of the whole",
    async run(context) {
      const key = context.newKey();
      await put(context, key, digits, { ChecksumCRC32: checksumsOfDigits.CRC32 });
      const got = await get(context, key, { ChecksumMode: "ENABLED", Range: "bytes=2-5" });
      expectBytes("the range", got.bytes, digits.subarray(2, 6));
      expectEqual("CRC32", got.ChecksumCRC32, undefined);
    },
  },
  {
    name: "an object of no bytes has the checksum of none",
    async run(context) {
      const key = context.newKey();
      await put(context, key, Buffer.alloc(0), { ChecksumSHA256: sha256(Buffer.alloc(0)) });
      const found = await head(context, key, { ChecksumMode: "ENABLED" });
      expectEqual("SHA256", found.ChecksumSHA256, sha256(Buffer.alloc(0)));
    },
  },
  {
    name: "a checksum that is none is refused",
    async run(context) {
      const key = context.newKey();
      const answer = put(context, key, digits, { ChecksumCRC32: "not a checksum" });
      await expectRefusal(answer, "InvalidRequest 400");
    },
  },
  {
    name: "two checksums of two kinds are refused",
    async run(context) {
      const { CRC32: ChecksumCRC32, SHA256: ChecksumSHA256 } = checksumsOfDigits;
      const answer = put(context, context.newKey(), digits, { ChecksumCRC32, ChecksumSHA256 });
      await expectRefusal(answer, "InvalidRequest 400");
    },
  },
];
