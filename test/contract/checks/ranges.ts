import type { Check, Context } from "../check.ts";
import { bytesOf, staleEtag } from "../data.ts";
import { expectBytes, expectEqual, expectRefusal } from "../expect.ts";
import { get, head, put } from "../objects.ts";

const size = 10_000;
const data = bytesOf("ranges", size);

/** A check that a range, as it is asked for, gives the bytes from `first` to `last`. */
function slice(name: string, range: string, first: number, last: number): Check {
  return {
    name,
    async run(context) {
      const key = await putData(context);
      const got = await get(context, key, { Range: range });
      expectEqual("status", got.status, 206);
      expectBytes("the range", got.bytes, data.subarray(first, last + 1));
      expectEqual("length", got.ContentLength, last + 1 - first);
      expectEqual("Content-Range", got.ContentRange, `bytes ${first}-${last}/${size}`);
    },
  };
}

async function putData(context: Context): Promise<string> {
  const key = context.newKey();
  await put(context, key, data);
  return key;
}

export const rangeChecks: readonly Check[] = [
  slice("a range has its first and its last byte", "bytes=100-199", 100, 199),
  slice("a range of one byte has it", "bytes=0-0", 0, 0),
  slice("a range without an end goes to the end", "bytes=9990-", 9990, 9999),
  slice("a range without a start is the end", "bytes=-10", 9990, 9999),
  slice("a range ends where the object ends", "bytes=9990-10099", 9990, 9999),
  slice("an end that is longer than the object is all of it", "bytes=-20000", 0, 9999),
  {
    name: "a range that starts at the end is refused",
    async run(context) {
      const key = await putData(context);
      await expectRefusal(get(context, key, { Range: "bytes=10000-" }), "InvalidRange 416");
      await expectRefusal(get(context, key, { Range: "bytes=10000-10001" }), "InvalidRange 416");
    },
  },
  {
    name: "any range of an object of no bytes is refused",
    async run(context) {
      const key = context.newKey();
      await put(context, key, Buffer.alloc(0));
      await expectRefusal(get(context, key, { Range: "bytes=0-0" }), "InvalidRange 416");
      await expectRefusal(get(context, key, { Range: "bytes=0-" }), "InvalidRange 416");
    },
  },
  {
    name: "Head of a range says what Get of it would",
    async run(context) {
      const key = await putData(context);
      const stated = await head(context, key, { Range: "bytes=5-9" });
      expectEqual("status", stated.$metadata.httpStatusCode, 206);
      expectEqual("length", stated.ContentLength, 5);
    },
  },
  {
    name: "a range of an older version is of that version",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      const { VersionId } = await put(context, key, data);
      await put(context, key, "newer");
      const got = await get(context, key, { VersionId, Range: "bytes=100-199" });
      expectEqual("status", got.status, 206);
      expectBytes("the range", got.bytes, data.subarray(100, 200));
    },
  },
  {
    name: "a range of an older version with its ETag in If-Match is read",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      const { VersionId, ETag } = await put(context, key, data);
      await put(context, key, "newer");
      const got = await get(context, key, { VersionId, IfMatch: ETag, Range: "bytes=5-9" });
      expectEqual("status", got.status, 206);
      expectBytes("the range", got.bytes, data.subarray(5, 10));
    },
  },
  {
    name: "a range of an object that is another by now is refused by If-Match",
    async run(context) {
      const key = await putData(context);
      const asked = get(context, key, { IfMatch: staleEtag, Range: "bytes=5-9" });
      await expectRefusal(asked, "PreconditionFailed 412");
    },
  },
];
