import type {
  $Command,
  S3Client,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { explainFailure } from "./failures.ts";
import { MemoryBudget } from "./memory-budget.ts";
import type { Traffic } from "./traffic.ts";

/** Enough to hide the latency of many small reads; what one process gets from S3 without delay. */
const mostAtOnce = 128;

export interface RequestOptions {
  /** In messages: "read", "write". */
  readonly doing: string;
  readonly location: string;
  /** Let the SDK's own errors through: some of them are answers. */
  readonly raw?: boolean;
  /** Also when the work was stopped: to clean up. */
  readonly evenIfStopped?: boolean;
  /** In milliseconds; copies of gigabytes answer late. */
  readonly patience?: number;
}

/** The requests of one verb: counted, bounded in number, stopped together. */
export class Requests {
  readonly client: S3Client;
  readonly traffic: Traffic;
  readonly signal: AbortSignal | undefined;
  /** S3 copies many parts at a time; each answers when it is done. */
  readonly copying = pLimit(64);
  /** Parts that are sent are in memory as a whole. */
  readonly sending = pLimit(3);
  /** For what is sent later. */
  readonly memory = new MemoryBudget(32 * 1024 * 1024);
  readonly #limit = pLimit(mostAtOnce);

  constructor(client: S3Client, traffic: Traffic, signal: AbortSignal | undefined) {
    this.client = client;
    this.traffic = traffic;
    this.signal = signal;
  }

  /**
   * Sends a command, counted as `kind`; the SDK asks again, with jitter, where the answer may be better then.
   *
   * @throws CleaveError as `explainFailure` says, and what the signal was aborted with
   */
  async send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    kind: string,
    command: $Command<I, O, S3ClientResolvedConfig>,
    options: RequestOptions,
  ): Promise<O> {
    return this.#limit(async () => {
      const { doing, location, raw = false, evenIfStopped = false, patience } = options;
      if (!evenIfStopped) this.signal?.throwIfAborted();
      try {
        const output = await this.client.send(command, {
          ...(this.signal && !evenIfStopped ? { abortSignal: this.signal } : {}),
          ...(patience === undefined ? {} : { requestTimeout: patience }),
        });
        this.#count(kind, output.$metadata.attempts);
        return output;
      } catch (error) {
        this.#count(kind, (error as { $metadata?: { attempts?: number } }).$metadata?.attempts);
        if (!evenIfStopped) this.signal?.throwIfAborted();
        throw raw ? error : explainFailure(error, doing, location);
      }
    });
  }

  #count(kind: string, attempts = 1): void {
    for (let sent = 0; sent < attempts; sent += 1) this.traffic.request(kind);
    this.traffic.retries += attempts - 1;
  }
}
