import type { RuleId } from "./scan/rules.ts";

/**
 * Stable codes of everything Cleave refuses. Programs branch on the code; the message is for people
 * and may change.
 */
export type ErrorCode =
  /** The file is something else than a Keras model, an architecture or weights. */
  | "NOT_A_MODEL"
  /** A valid file that uses a feature Cleave does not handle. */
  | "UNSUPPORTED"
  /** The bytes contradict the HDF5 format. */
  | "HDF5_INVALID"
  /** The bytes contradict the ZIP format, or readers could disagree about them. */
  | "ZIP_INVALID"
  /** Not JSON, or JSON that readers could disagree about. */
  | "JSON_INVALID"
  /** A part that the model needs is absent or does not fit the others. */
  | "MODEL_INVALID"
  /** Sound weights, where a whole model is needed. */
  | "WEIGHTS_ONLY"
  /** A number in the file exceeds a cap of `limits`. */
  | "LIMIT_EXCEEDED"
  /** Architecture and weights do not belong together. */
  | "MISMATCH"
  /** An artifact differs from what its manifest says, or from the original model. */
  | "VERIFY_FAILED"
  /** A policy keeps the model away: it is hostile, or cannot be told from what is. */
  | "QUARANTINED"
  /** The target is there already. */
  | "TARGET_EXISTS"
  /** There is no such file, object, version or bucket. */
  | "NOT_FOUND"
  /** Credentials are missing, or do not allow it. */
  | "ACCESS_DENIED"
  /** The model was overwritten or deleted while it was read. */
  | "SOURCE_CHANGED"
  /** The store did not answer, or asked to come back later; the same call may succeed then. */
  | "STORE_UNAVAILABLE"
  /** The operating system or the store refused to read or write. */
  | "IO"
  /** Stopped by a signal. */
  | "INTERRUPTED"
  /** A defect of Cleave. */
  | "INTERNAL"
  /** The call itself is wrong: unknown option, missing argument. */
  | "USAGE";

/** What every refusal carries. The message says what, where and what to do, in that order. */
export class CleaveError extends Error {
  override readonly name = "CleaveError";
  readonly code: ErrorCode;
  /** What a scan calls it, where that says more than the code. */
  readonly rule: RuleId | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; rule?: RuleId | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.rule = options?.rule;
  }
}

/**
 * Adds the file's name in front of a message that a parser, which does not know it, has made. An error
 * that carries more than a message stays as it is.
 */
export function inFile(name: string, error: unknown): unknown {
  if (!(error instanceof CleaveError) || error.constructor !== CleaveError) return error;
  if (error.message.startsWith(`${name}: `)) return error;
  return new CleaveError(error.code, `${name}: ${error.message}`, {
    cause: error.cause ?? error,
    rule: error.rule,
  });
}

/**
 * Text from a file, safe to show on a terminal and in logs: control, bidirectional and other
 * invisible characters become escapes, long text is cut.
 */
export function quote(text: string, longest = 120): string {
  if (text.length <= longest && /^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  const escaped = cut.replaceAll(/["\\]|[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '"' || character === "\\"
      ? `\\${character}`
      : `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
  return `"${escaped}"`;
}
