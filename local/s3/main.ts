import { scriptOptions } from "../processes/script-options.ts";
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
    help: { type: "boolean", default: false },
  },
  usage,
);

if (values.help) {
  console.log(usage);
} else {
  const server = await startS3Server({
    ...(values.port !== undefined && { port: numberOf("port", values.port) }),
    ...(values.folder !== undefined && { folder: values.folder }),
    ...(values.latency !== undefined && { latency: numberOf("latency", values.latency) }),
    ...(values.bandwidth !== undefined && {
      bytesPerSecond: numberOf("bandwidth", values.bandwidth),
    }),
  });
  const stop = (): void => void server.close();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    for (const bucket of values.bucket) await newBucketRequest(server.url, bucket);
    console.log(server.url);
  } catch (error) {
    await server.close();
    throw error;
  }
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0 && text.trim() !== "") return number;
  throw new TypeError(`--${name} ${text} is not a number.`);
}
