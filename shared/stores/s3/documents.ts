import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { CleaveError, quote } from "../../errors.ts";
import type { Location } from "../location.ts";
import type { S3Options } from "../s3-options.ts";
import type { Transfer } from "../transfer.ts";
import { parseAddress } from "./address.ts";
import { defaultClient } from "./client.ts";
import { always, type WriteCondition } from "./conditions.ts";
import { explainFailure, failureOf } from "./failures.ts";
import { findObject, headObject, type Absence, type S3Object } from "./object.ts";
import { Requests } from "./requests.ts";
import { Traffic } from "./traffic.ts";

/** A small object, as it was when it was read. */
export interface Document {
  readonly text: string;
  /** With its quotes, for `unchanged`. */
  readonly etag: string;
  /** When it was written, by S3's clock, in whole seconds. */
  readonly modified: Date;
}

/** What a listing says of an object. */
export interface ListedObject {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  readonly modified: Date;
}

/** The most that is read: documents are written by ourselves, and are small. */
const largestDocument = 64 * 1024 * 1024;

/** Small objects that are read and written whole, with conditions on what stands there. */
export class S3Documents {
  readonly #requests: Requests;

  constructor({ client }: S3Options = {}, signal?: AbortSignal) {
    this.#requests = new Requests(
      (client as S3Client | undefined) ?? defaultClient(),
      new Traffic(),
      signal,
    );
  }

  /** @returns undefined where there is none; @throws CleaveError as `headObject` */
  async head(location: Location): Promise<S3Object | undefined> {
    return headObject(this.#requests, parseAddress(location), location);
  }

  /** Also of archived objects; @throws CleaveError as `findObject` */
  async find(location: Location): Promise<S3Object | Absence> {
    return findObject(this.#requests, parseAddress(location), location);
  }

  /** @returns undefined where there is none; @throws CleaveError `ACCESS_DENIED`, `STORE_UNAVAILABLE` */
  async read(location: Location): Promise<Document | undefined> {
    const { bucket, key } = parseAddress(location);
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    const options = { doing: "read", location };
    const answer = await this.#requests
      .send("GetObject", command, options)
      .catch((error: unknown) => {
        if (error instanceof CleaveError && error.code === "NOT_FOUND") return undefined;
        throw error;
      });
    if (answer === undefined) return undefined;
    if ((answer.ContentLength ?? 0) > largestDocument) {
      throw new CleaveError(
        "LIMIT_EXCEEDED",
        `${quote(location, 1200)} has ${answer.ContentLength} bytes; a document has less.`,
      );
    }
    const text = await answer.Body!.transformToString("utf8");
    this.#requests.traffic.bytesRead += Buffer.byteLength(text);
    return { text, etag: answer.ETag ?? "", modified: answer.LastModified ?? new Date(0) };
  }

  /**
   * @param type its media type
   * @returns whether the condition held, so that it was written
   * @throws CleaveError `ACCESS_DENIED`, `STORE_UNAVAILABLE`
   */
  async write(
    location: Location,
    text: string,
    condition: WriteCondition = always,
    type = "application/json",
  ): Promise<boolean> {
    const { bucket, key } = parseAddress(location);
    const body = Buffer.from(text);
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentLength: body.length,
      ContentType: type,
      ...condition,
    });
    try {
      await this.#requests.send("PutObject", command, { doing: "write", location, raw: true });
    } catch (error) {
      const { status } = failureOf(error);
      // 409: another write of the key at the same time; 404: what should be unchanged is gone.
      if (condition !== always && (status === 412 || status === 409 || status === 404)) {
        return false;
      }
      throw explainFailure(error, "write", location);
    }
    this.#requests.traffic.bytesSent += body.length;
    return true;
  }

  /**
   * Sets one tag of a version of an object, or removes it; its other tags stay.
   *
   * @param value null removes it
   * @throws CleaveError `ACCESS_DENIED`, `STORE_UNAVAILABLE`; `IO` where it has ten others
   */
  async tag(location: Location, name: string, value: string | null): Promise<void> {
    const { bucket: Bucket, key: Key, version: VersionId } = parseAddress(location);
    const options = { doing: "tag", location };
    const { TagSet = [] } = await this.#requests.send(
      "GetObjectTagging",
      new GetObjectTaggingCommand({ Bucket, Key, VersionId }),
      options,
    );
    const others = TagSet.filter(({ Key: other }) => other !== name);
    if (value === null && others.length === TagSet.length) return;
    const Tagging = { TagSet: value === null ? others : [...others, { Key: name, Value: value }] };
    const command = new PutObjectTaggingCommand({ Bucket, Key, VersionId, Tagging });
    await this.#requests.send("PutObjectTagging", command, options);
  }

  /** What is absent counts as removed. */
  async remove(location: Location): Promise<void> {
    const { bucket, key } = parseAddress(location);
    const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
    await this.#requests.send("DeleteObject", command, { doing: "delete", location });
  }

  /** Every object of a bucket whose key starts with the prefix, in the order of keys. */
  async *list(bucket: string, prefix: string): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    do {
      const page = await this.#requests.send(
        "ListObjectsV2",
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
        { doing: "list", location: `s3://${bucket}/${prefix}` },
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        yield { key: Key!, size: Size ?? 0, modified: LastModified ?? new Date(0) };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  transfer(): Transfer {
    return this.#requests.traffic.report();
  }
}
