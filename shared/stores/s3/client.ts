import { S3Client } from "@aws-sdk/client-s3";

let shared: S3Client | undefined;

/**
 * One client for the process, so that its connections are used again. Region, credentials and
 * endpoint are the environment's (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3, AWS_MAX_ATTEMPTS …).
 */
export function defaultClient(): S3Client {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_MAX_ATTEMPTS } = process.env;
  const agent = { keepAlive: true, maxSockets: 128 };
  shared ??= new S3Client({
    maxAttempts: Number(AWS_MAX_ATTEMPTS ?? 6),
    followRegionRedirects: true,
    // Other servers than Amazon's know buckets by the path alone.
    forcePathStyle: AWS_ENDPOINT_URL_S3 !== undefined || AWS_ENDPOINT_URL !== undefined,
    // Checksums are computed and compared here, once, over the bytes they are meant for.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: 5000,
      requestTimeout: 60_000,
      throwOnRequestTimeout: true,
    },
  });
  return shared;
}
