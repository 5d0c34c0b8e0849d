import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import type { ObjectCreatedEvent } from "../s3/server.ts";
import { callFunction } from "./functions.ts";

/** How often a message is delivered before it is given up; as deployed. */
const mostDeliveries = 3;

export interface DeadLetter {
  readonly event: ObjectCreatedEvent;
  readonly reason: string;
}

export interface UploadQueueOptions {
  readonly concurrency: number;
  /** Milliseconds until a message that failed is delivered again. */
  readonly visibility: number;
}

/** The queue between uploads and the function that splits them, and its dead letters. */
export class UploadQueue {
  readonly deadLetters: DeadLetter[] = [];
  readonly #limit;
  readonly #visibility: number;
  readonly #running = new Set<Promise<void>>();

  constructor({ concurrency, visibility }: UploadQueueOptions) {
    this.#limit = pLimit(concurrency);
    this.#visibility = visibility;
  }

  send(event: ObjectCreatedEvent): void {
    const delivering = this.#deliver(event).finally(() => this.#running.delete(delivering));
    this.#running.add(delivering);
  }

  /** Resolves when every message is done with, or dead. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #deliver(event: ObjectCreatedEvent): Promise<void> {
    const messageId = randomUUID();
    let reason = "";
    for (let count = 1; count <= mostDeliveries; count += 1) {
      if (count > 1) await sleep(this.#visibility);
      const record = sqsRecord(messageId, event, count);
      try {
        const answer = await this.#limit(() =>
          callFunction("split-on-upload", { Records: [record] }),
        );
        if ((answer as { batchItemFailures: unknown[] }).batchItemFailures.length === 0) return;
        reason = "the function said that it failed; its log says why";
      } catch (error) {
        reason = String(error);
      }
    }
    this.deadLetters.push({ event, reason });
  }
}

/** As Lambda gets messages of SQS. */
export function sqsRecord(messageId: string, event: object, receiveCount = 1): object {
  const now = `${Date.now()}`;
  return {
    messageId,
    receiptHandle: messageId,
    body: JSON.stringify(event),
    attributes: {
      ApproximateReceiveCount: `${receiveCount}`,
      SentTimestamp: now,
      SenderId: "local",
      ApproximateFirstReceiveTimestamp: now,
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:uploads",
    awsRegion: "us-east-1",
  };
}
