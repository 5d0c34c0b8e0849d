import type { GetObjectCommandInput } from "@aws-sdk/client-s3";
import type { Check } from "../check.ts";
import { staleEtag } from "../data.ts";
import { expectBytes, expectEqual, expectRefusal } from "../expect.ts";
import { get, head, put } from "../objects.ts";

const data = Buffer.from("conditions of reading");
const hour = 3_600_000;

type Conditions = Pick<
  GetObjectCommandInput,
  "IfMatch" | "IfNoneMatch" | "IfModifiedSince" | "IfUnmodifiedSince"
>;

interface Stated {
  readonly etag: string;
  readonly modified: Date;
}

/**
 * That Get and Head are answered so under conditions: "GetObject" in the API Reference, where two
 * that contradict each other are explained.
 */
function reads(
  what: string,
  status: 200 | 304 | 412,
  conditions: (stated: Stated) => Conditions,
): Check {
  const answer = { 200: "is read", 304: "is not read again", 412: "is refused" }[status];
  return {
    name: `an object ${answer} ${what}`,
    async run(context) {
      const key = context.newKey();
      await put(context, key, data);
      const { ETag, LastModified } = await head(context, key);
      const given = conditions({ etag: ETag!, modified: LastModified! });
      if (status === 200) {
        expectBytes("the object", (await get(context, key, given)).bytes, data);
        expectEqual("length of Head", (await head(context, key, given)).ContentLength, data.length);
      } else {
        const wanted = status === 412 ? "PreconditionFailed 412" : "304";
        await expectRefusal(get(context, key, given), wanted);
        await expectRefusal(head(context, key, given), `${status}`);
      }
    },
  };
}

const earlier = (date: Date): Date => new Date(date.getTime() - hour);

export const readConditionChecks: readonly Check[] = [
  reads("that was changed since If-Modified-Since", 200, ({ modified }) => {
    return { IfModifiedSince: earlier(modified) };
  }),
  reads("that was not changed since If-Modified-Since", 304, ({ modified }) => {
    return { IfModifiedSince: modified };
  }),
  reads("that was not changed since If-Unmodified-Since", 200, ({ modified }) => {
    return { IfUnmodifiedSince: modified };
  }),
  reads("that was changed since If-Unmodified-Since", 412, ({ modified }) => {
    return { IfUnmodifiedSince: earlier(modified) };
  }),
  reads("of the ETag in If-Match, whatever If-Unmodified-Since says", 200, (stated) => {
    return { IfMatch: stated.etag, IfUnmodifiedSince: earlier(stated.modified) };
  }),
  reads("of another ETag than in If-Match, whatever If-Unmodified-Since says", 412, (stated) => {
    return { IfMatch: staleEtag, IfUnmodifiedSince: stated.modified };
  }),
  reads("of the ETag in If-None-Match, whatever If-Modified-Since says", 304, (stated) => {
    return { IfNoneMatch: stated.etag, IfModifiedSince: earlier(stated.modified) };
  }),
  reads("of another ETag than in If-Match and in If-None-Match", 412, () => {
    return { IfMatch: staleEtag, IfNoneMatch: staleEtag };
  }),
  reads("by If-Match with the ETag without quotes", 200, ({ etag }) => {
    return { IfMatch: etag.replaceAll('"', "") };
  }),
  {
    name: "an older version is read by its own ETag, not by that of the current one",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      const older = await put(context, key, data);
      const newer = await put(context, key, "newer");
      const { VersionId } = older;
      const got = await get(context, key, { VersionId, IfMatch: older.ETag });
      expectBytes("the older", got.bytes, data);
      const wrong = get(context, key, { VersionId, IfMatch: newer.ETag });
      await expectRefusal(wrong, "PreconditionFailed 412");
    },
  },
];
