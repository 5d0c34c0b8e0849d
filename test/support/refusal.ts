import { expect } from "vitest";
import { CleaveError, type ErrorCode } from "#shared/errors.ts";

/** What a CleaveError of this code and message matches. */
export function refusal(code: ErrorCode, message: RegExp): object {
  return { name: "CleaveError", code, message: expect.stringMatching(message) as string };
}

/** The error that a call is refused with. */
export async function refused(call: Promise<unknown>): Promise<CleaveError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CleaveError);
  return error as CleaveError;
}
