import * as z from "./zod.ts";

/**
 * What is used of an event "Object Created" of S3 ("Amazon S3 events" in the EventBridge Events
 * Reference); whatever else it holds is let through, as AWS adds to it.
 */
const uploadEventSchema = z.object({
  "detail-type": z.literal("Object Created"),
  detail: z.object({
    bucket: z.object({ name: z.string().check(z.minLength(1)) }),
    object: z.object({
      /** As it is: EventBridge does not encode it. */
      key: z.string().check(z.minLength(1)),
      etag: z.string().check(z.minLength(1)),
      /** Absent, or "null", where no versions are kept. */
      "version-id": z.optional(z.string()),
      sequencer: z.optional(z.string()),
    }),
  }),
});

export type UploadEvent = z.infer<typeof uploadEventSchema>;

/** @throws Error naming the field that is wrong */
export function parseUploadEvent(text: string): UploadEvent {
  const { success, data, error } = uploadEventSchema.safeParse(JSON.parse(text));
  if (success) return data;
  throw new Error(`The message is no upload of S3.\n${z.prettifyError(error)}`);
}

/** Which version of which object an event is about. */
export function uploadedModel({ detail: { bucket, object } }: UploadEvent): {
  readonly bucket: string;
  readonly key: string;
  readonly version: string | null;
  readonly etag: string;
  readonly sequencer: string | null;
} {
  const { key, etag, sequencer = null, "version-id": version = "null" } = object;
  return {
    bucket: bucket.name,
    key,
    version: version === "null" ? null : version,
    etag: etag.replaceAll('"', ""),
    sequencer,
  };
}
