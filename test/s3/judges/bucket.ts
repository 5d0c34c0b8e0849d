import type { Judge } from "./judge.ts";

/**
 * Amazon S3 itself: the bucket CLEAVE_TEST_BUCKET, with the region and the credentials of the
 * environment. Only keys under a new prefix are written, and all of these are removed.
 */
export const bucket: Judge = {
  name: "bucket",
  async prepare() {
    return process.env["CLEAVE_TEST_BUCKET"] ? {} : { missing: "CLEAVE_TEST_BUCKET is not set" };
  },
  async start() {
    return {
      client: { followRegionRedirects: true },
      bucket: process.env["CLEAVE_TEST_BUCKET"]!,
      stop: async () => undefined,
    };
  },
};
