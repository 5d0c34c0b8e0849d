import { endWithUsage, scriptNumber, scriptOptions } from "../processes/script-options.ts";
import { newBucketRequest } from "./new-bucket-request.ts";
import { startS3Server } from "./server.ts";

const usage = `Usage: node local/s3/main.ts [--port N] [--folder DIR] [--latency MS]
                             [--bandwidth BYTES_PER_SECOND] [--bucket NAME]…

A strict S3 server for tests, on 127.0.0.1, path-style, any credentials.`;

const values = scriptOptions(
  {
    port: { type: "string" },
    folder: { type: "string" },
    latency: { type: "string" },
    bandwidth: { type: "string" },
    bucket: { type: "string", multiple: true, default: [] },
  },
  usage,
);
const { port, folder, latency, bandwidth } = values;
const numberOf = (option: string, text: string): number => scriptNumber(option, text, { usage });

const server = await startS3Server({
  ...(port !== undefined && { port: scriptNumber("--port", port, { most: 65_535, usage }) }),
  ...(folder !== undefined && { folder }),
  ...(latency !== undefined && { latency: numberOf("--latency", latency) }),
  ...(bandwidth !== undefined && { bytesPerSecond: numberOf("--bandwidth", bandwidth) }),
}).catch((error: Error) => endWithUsage(error.message, usage));
const stop = (): void => void server.close();
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
try {
  for (const bucket of values.bucket) await newBucketRequest(server.url, bucket);
  console.log(server.url);
} catch (error) {
  await server.close();
  console.error((error as Error).message);
  process.exitCode = 1;
}
