import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type DeleteObjectCommandOutput,
} from "@aws-sdk/client-s3";
import type { Check, Context } from "../check.ts";
import {
  describeError,
  expectBytes,
  expectEqual,
  expectList,
  expectRefusal,
  expectTrue,
} from "../expect.ts";
import { copySource, get, head, put } from "../objects.ts";

const older = Buffer.from("older");
const newer = Buffer.from("the newer one");

function remove(
  { client, bucket }: Context,
  key: string,
  VersionId?: string,
): Promise<DeleteObjectCommandOutput> {
  return client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId }));
}

/** Headers of the answer, which the SDK keeps with the error that it makes of it. */
async function headersOfRefusal(answer: Promise<unknown>): Promise<Record<string, string>> {
  try {
    await answer;
    return {};
  } catch (error) {
    const { $response } = error as { $response?: { headers: Record<string, string> } };
    if ($response === undefined) throw new Error(describeError(error), { cause: error });
    return $response.headers;
  }
}

export const versionChecks: readonly Check[] = [
  {
    name: "each Put makes a version, and each is read by its id",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      const first = await put(context, key, older);
      const second = await put(context, key, newer);
      expectTrue("no version id", first.VersionId !== undefined);
      expectTrue("the same version id twice", first.VersionId !== second.VersionId);
      const got = await get(context, key, { VersionId: first.VersionId });
      expectBytes("the older", got.bytes, older);
      expectTrue("version of Get is another", got.VersionId === first.VersionId);
      const current = await get(context, key);
      expectBytes("the newer", current.bytes, newer);
      expectTrue("version of the newer is another", current.VersionId === second.VersionId);
      const stated = await head(context, key, { VersionId: first.VersionId });
      expectEqual("length of the older", stated.ContentLength, older.length);
    },
  },
  {
    name: "a version that was removed is NoSuchVersion",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      const { VersionId } = await put(context, key, older);
      await put(context, key, newer);
      await remove(context, key, VersionId);
      await expectRefusal(get(context, key, { VersionId }), "NoSuchVersion 404");
      await expectRefusal(head(context, key, { VersionId }), "404");
      expectBytes("the newer", (await get(context, key)).bytes, newer);
    },
  },
  {
    name: "a deleted object is NoSuchKey, and the answer tells of a delete marker",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      const { VersionId } = await put(context, key, older);
      const removed = await remove(context, key);
      expectEqual("DeleteMarker of Delete", removed.DeleteMarker, true);
      await expectRefusal(get(context, key), "NoSuchKey 404");
      const headers = await headersOfRefusal(get(context, key));
      expectEqual("x-amz-delete-marker", headers["x-amz-delete-marker"], "true");
      expectTrue("another marker", headers["x-amz-version-id"] === removed.VersionId);
      expectBytes("the version", (await get(context, key, { VersionId })).bytes, older);
    },
  },
  {
    name: "a deleted object is 404 to Head, with x-amz-delete-marker",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      await put(context, key, older);
      await remove(context, key);
      await expectRefusal(head(context, key), "404");
      const headers = await headersOfRefusal(head(context, key));
      expectEqual("x-amz-delete-marker", headers["x-amz-delete-marker"], "true");
    },
  },
  {
    name: "a delete marker by its id is MethodNotAllowed",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      await put(context, key, older);
      const { VersionId } = await remove(context, key);
      await expectRefusal(get(context, key, { VersionId }), "MethodNotAllowed 405");
      await expectRefusal(head(context, key, { VersionId }), "405");
    },
  },
  {
    name: "an object is there again when its delete marker is removed",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      await put(context, key, older);
      const { VersionId } = await remove(context, key);
      await remove(context, key, VersionId);
      expectBytes("the object", (await get(context, key)).bytes, older);
    },
  },
  {
    name: "the version before is current when the newest is removed",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      await put(context, key, older);
      const { VersionId } = await put(context, key, newer);
      await remove(context, key, VersionId);
      expectBytes("the object", (await get(context, key)).bytes, older);
    },
  },
  {
    name: "Delete of what is not there succeeds",
    async run(context) {
      const { $metadata } = await remove(context, context.newKey());
      expectEqual("status", $metadata.httpStatusCode, 204);
    },
  },
  {
    name: "DeleteObjects removes several at once, also what is not there",
    async run(context) {
      const keys = [context.newKey("a & b"), context.newKey("<c>"), context.newKey("absent")];
      await put(context, keys[0]!, older);
      await put(context, keys[1]!, older);
      const command = new DeleteObjectsCommand({
        Bucket: context.bucket,
        Delete: { Objects: keys.map((Key) => ({ Key })) },
      });
      const { Deleted, Errors } = await context.usual.send(command);
      expectEqual("errors", Errors?.length ?? 0, 0);
      expectList("deleted", Deleted?.map(({ Key }) => Key).toSorted(), keys.toSorted());
      await expectRefusal(head(context, keys[0]!), "404");
      await expectRefusal(head(context, keys[1]!), "404");
    },
  },
  {
    name: "DeleteObjects removes a version for good, and says nothing when it is to be quiet",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      const { VersionId } = await put(context, key, older);
      const command = new DeleteObjectsCommand({
        Bucket: context.bucket,
        Delete: { Objects: [{ Key: key, VersionId }], Quiet: true },
      });
      const { Deleted } = await context.usual.send(command);
      expectEqual("deleted", Deleted?.length ?? 0, 0);
      await expectRefusal(get(context, key, { VersionId }), "NoSuchVersion 404");
    },
  },
  {
    name: "versions are listed newest first, delete markers among them",
    needs: "versions",
    async run(context) {
      const key = context.newKey();
      const ids = [(await put(context, key, older)).VersionId];
      ids.unshift((await put(context, key, newer)).VersionId);
      const marker = (await remove(context, key)).VersionId;
      const command = new ListObjectVersionsCommand({ Bucket: context.bucket, Prefix: key });
      const { Versions = [], DeleteMarkers = [] } = await context.client.send(command);
      expectList(
        "sizes",
        Versions.map(({ Size }) => Size),
        [newer.length, older.length],
      );
      expectTrue(
        "other ids",
        Versions.every(({ VersionId }, index) => VersionId === ids[index]),
      );
      expectList(
        "latest",
        Versions.map(({ IsLatest }) => IsLatest),
        [false, false],
      );
      expectEqual("delete markers", DeleteMarkers.length, 1);
      expectEqual("latest marker", DeleteMarkers[0]?.IsLatest, true);
      expectTrue("another marker", DeleteMarkers[0]?.VersionId === marker);
    },
  },
  {
    name: "versions are listed in pages, each once",
    needs: "versions",
    async run(context) {
      const { client, bucket } = context;
      const key = context.newKey();
      const ids: (string | undefined)[] = [];
      for (const body of ["1", "2", "3"]) ids.unshift((await put(context, key, body)).VersionId);
      const listed: (string | undefined)[] = [];
      let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
      for (let page = 0; page < 3; page += 1) {
        const where = { Bucket: bucket, Prefix: key, MaxKeys: 2, ...next };
        const answer = await client.send(new ListObjectVersionsCommand(where));
        listed.push(...(answer.Versions ?? []).map(({ VersionId }) => VersionId));
        if (answer.IsTruncated !== true) break;
        next = { KeyMarker: answer.NextKeyMarker, VersionIdMarker: answer.NextVersionIdMarker };
      }
      expectEqual("versions", listed.length, ids.length);
      expectTrue(
        "other ids",
        listed.every((id, index) => id === ids[index]),
      );
    },
  },
  {
    name: "CopyObject copies the version it names",
    needs: "versions",
    async run(context) {
      const { client, bucket } = context;
      const from = context.newKey();
      const { VersionId } = await put(context, from, older);
      await put(context, from, newer);
      const key = context.newKey();
      const CopySource = copySource(bucket, from, VersionId);
      const answer = await client.send(
        new CopyObjectCommand({ Bucket: bucket, Key: key, CopySource }),
      );
      expectBytes("the copy", (await get(context, key)).bytes, older);
      expectTrue("version of the source is another", answer.CopySourceVersionId === VersionId);
    },
  },
];
