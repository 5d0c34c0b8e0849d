import type { Transfer } from "../../shared/stores/transfer.ts";
import { yellow } from "./colour.ts";
import { count, size } from "./format.ts";

/**
 * What went where: "20.0 GB recombined · 19.9 GB copied inside S3 · …", and a line for each thing
 * that could not be done the cheap way.
 *
 * @param total bytes of what the work was about
 */
export function transferLines(done: string, total: number, transfer: Transfer): string {
  const { bytesCopied, bytesRead, bytesSent, requests, retries, seconds, notes } = transfer;
  const asked = Object.values(requests).reduce((sum, number) => sum + number, 0);
  const facts = [
    `${size(total)} ${done}`,
    `${size(bytesCopied)} copied inside S3`,
    `${size(bytesRead + bytesSent)} through this process`,
    count(asked, "request"),
    ...(retries > 0 ? [count(retries, "retry", "retries")] : []),
    `${seconds.toFixed(1)} s`,
  ];
  return [facts.join(" · "), ...notes.map(yellow), ""].join("\n");
}
