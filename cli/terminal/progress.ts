import type { SingleBar } from "cli-progress";
import type { OnProgress } from "../../shared/progress.ts";
import { size } from "./format.ts";

/** Work that is over sooner shows nothing. */
const quietFor = 1000;

/**
 * Bytes, rate and remaining time on a terminal, once the work has taken a second; nothing where
 * the error stream is no terminal.
 */
export async function withProgress<T>(work: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work(() => undefined);
  const started = performance.now();
  let bar: SingleBar | undefined;
  const { default: cliProgress } = await import("cli-progress");
  const onProgress: OnProgress = (done, total) => {
    const elapsed = performance.now() - started;
    if (elapsed < quietFor) return;
    const rate = (done / elapsed) * 1000;
    const payload = {
      bytes: `${size(done)} of ${size(total)}`,
      rate: `${size(rate)}/s`,
      left: `${Math.ceil((total - done) / rate)} s left`,
    };
    if (bar === undefined) {
      const format = "{bar} {percentage} %  {bytes}  {rate}  {left}";
      const options = { format, stream: process.stderr, clearOnComplete: true, hideCursor: true };
      bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic);
      bar.start(total, done, payload);
    }
    bar.update(done, payload);
  };
  try {
    return await work(onProgress);
  } finally {
    bar?.stop();
  }
}
