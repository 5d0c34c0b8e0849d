import { expect } from "vitest";
import type { ErrorCode } from "#shared/errors.ts";

/** What a CleaveError of this code and message matches. */
export function refusal(code: ErrorCode, message: RegExp): object {
  return { name: "CleaveError", code, message: expect.stringMatching(message) as string };
}
