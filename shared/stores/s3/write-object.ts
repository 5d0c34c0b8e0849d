import { setTimeout as sleep } from "node:timers/promises";
import type { Layout } from "../../bytes/layout.ts";
import { CleaveError, quote } from "../../errors.ts";
import type { Moved, MoveOptions } from "../store.ts";
import { absent, always, unchanged, type WriteCondition } from "./conditions.ts";
import { explainFailure, failureOf } from "./failures.ts";
import { headObject, type S3Object } from "./object.ts";
import type { Requests } from "./requests.ts";
import { CopyRefused } from "./multipart.ts";
import {
  ChecksumsWrong,
  stageObject,
  type StagedObject,
  type Target,
  type Trust,
} from "./stage-object.ts";

/**
 * What becomes of an object that stands there with other bytes: it is an error, it is replaced, or
 * nobody looks.
 */
export type Standing = "refuse" | "replace" | "overwrite";

/** Races and lost answers are met by asking again; more often is no accident. */
const mostAttempts = 6;

/** One object in the making: staged, which nobody sees, then published. */
export class ObjectWrite {
  readonly #requests: Requests;
  readonly #target: Target;
  readonly #layout: Layout;
  readonly #options: MoveOptions;
  #trust: Trust = { copies: true, checksums: true };
  #staged: StagedObject | undefined;

  constructor(requests: Requests, target: Target, layout: Layout, options: MoveOptions) {
    this.#requests = requests;
    this.#target = target;
    this.#layout = layout;
    this.#options = options;
  }

  /**
   * Gives S3 everything the object is made of.
   *
   * @throws CleaveError as `stageObject`
   */
  async stage(): Promise<Moved> {
    await this.discard();
    while (this.#staged === undefined) {
      try {
        this.#staged = await stageObject(
          this.#requests,
          this.#target,
          this.#layout,
          this.#options,
          this.#trust,
        );
      } catch (error) {
        this.#trust = this.#lessTrust(error);
      }
    }
    return this.#staged.moved;
  }

  /**
   * Makes the object appear. One that stands there with the same size and checksum is as good.
   *
   * @returns what was published, which is not what was staged where that had to be done again
   * @throws CleaveError `TARGET_EXISTS`, `ACCESS_DENIED`, `STORE_UNAVAILABLE`
   */
  async publish(standing: Standing): Promise<Moved> {
    let condition: WriteCondition = standing === "overwrite" ? always : absent;
    let { moved } = this.#staged!;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#staged!.publish(condition);
        this.#staged = undefined;
        return moved;
      } catch (error) {
        this.#requests.signal?.throwIfAborted();
        if (attempt === mostAttempts) throw explainFailure(error, "write", this.#target.location);
        condition = await this.#answer(error, condition, standing);
        if (this.#staged === undefined) return moved;
        moved = this.#staged.moved;
        await sleep(Math.random() * 50 * 2 ** attempt);
      }
    }
  }

  async discard(): Promise<void> {
    const staged = this.#staged;
    this.#staged = undefined;
    await staged?.discard();
  }

  /** @throws what was given, where trust is not what was lacking */
  #lessTrust(error: unknown): Trust {
    if (error instanceof CopyRefused && this.#trust.copies) {
      this.#requests.traffic.note(
        `The server refuses to copy inside itself (${error.message}), so the bytes went through this process.`,
      );
      return { ...this.#trust, copies: false };
    }
    if (error instanceof ChecksumsWrong && this.#trust.checksums) {
      return { ...this.#trust, checksums: false };
    }
    throw error;
  }

  /** @returns the condition to publish with next; nothing is staged any more where all is done */
  async #answer(
    error: unknown,
    condition: WriteCondition,
    standing: Standing,
  ): Promise<WriteCondition> {
    const { code, status } = failureOf(error);
    if (status === 412 || code === "NoSuchUpload" || code === "NoSuchKey") {
      const found = await this.#head();
      if (found !== undefined && this.#isSame(found)) {
        await this.discard();
        return condition;
      }
      if (code === "NoSuchUpload") await this.stage();
      if (standing === "overwrite") return always;
      if (found === undefined) return absent;
      if (standing === "replace") return unchanged(found.etag);
      throw targetExists(this.#target.location);
    }
    // A concurrent write ends a multipart upload: all begins anew.
    if (status === 409) {
      await this.stage();
      return condition;
    }
    if (code === "BadDigest" && this.#trust.checksums) {
      this.#trust = { ...this.#trust, checksums: false };
      await this.stage();
      return condition;
    }
    throw explainFailure(error, "write", this.#target.location);
  }

  #head(): Promise<S3Object | undefined> {
    return headObject(this.#requests, this.#target.address, this.#target.location);
  }

  #isSame({ size, crc32 }: S3Object): boolean {
    const { moved } = this.#staged!;
    return size === moved.size && crc32 === moved.crc32;
  }
}

export function targetExists(location: string): CleaveError {
  return new CleaveError(
    "TARGET_EXISTS",
    `${quote(location, 1200)} exists. Choose another name, or --force to replace it.`,
  );
}
