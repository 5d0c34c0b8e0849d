/** The server did something else. `got` is the same text in every run, so it can be compared. */
export class Mismatch extends Error {
  readonly got: string;

  constructor(got: string) {
    super(got);
    this.got = got;
  }
}

type Plain = string | number | boolean | undefined;

/** @throws Mismatch, which says both */
export function expectEqual(what: string, got: Plain, wanted: Plain): void {
  if (got !== wanted) throw new Mismatch(`${what}: ${text(got)}, not ${text(wanted)}`);
}

/** As `expectEqual`, for lists that are short enough to be read. */
export function expectList(
  what: string,
  got: readonly Plain[] | undefined,
  wanted: readonly Plain[],
): void {
  expectEqual(what, got && JSON.stringify(got), JSON.stringify(wanted));
}

/** For what may differ from run to run, as version ids do. */
export function expectTrue(otherwise: string, holds: boolean): void {
  if (!holds) throw new Mismatch(otherwise);
}

/** As `expectEqual`, for contents: says where they part. */
export function expectBytes(what: string, got: Uint8Array, wanted: Uint8Array): void {
  expectEqual(`length of ${what}`, got.length, wanted.length);
  const at = got.findIndex((byte, index) => byte !== wanted[index]);
  if (at !== -1) throw new Mismatch(`${what}: other bytes from ${at} on`);
}

/**
 * Expects a refusal.
 *
 * @param wanted code and status, "NoSuchKey 404", or the status alone where an answer has no body
 */
export async function expectRefusal(answer: Promise<unknown>, wanted: string): Promise<void> {
  const got = await refusalOf(answer);
  const isRight = got === wanted || (/^\d+$/.test(wanted) && got.endsWith(` ${wanted}`));
  if (!isRight) throw new Mismatch(`${got}, not ${wanted}`);
}

const lost: ReadonlySet<string> = new Set([
  "PreconditionFailed 412",
  "ConditionalRequestConflict 409",
]);

/** Expects of requests that exclude each other that one is let through; says which. */
export async function expectOneWinner(requests: readonly Promise<unknown>[]): Promise<number> {
  const answers = await Promise.all(requests.map(refusalOf));
  const winners = answers.filter((answer) => answer === "accepted").length;
  expectTrue("nobody won", winners > 0);
  expectTrue("more than one won", winners === 1);
  const others = answers.filter((answer) => answer !== "accepted" && !lost.has(answer));
  expectEqual("refused otherwise", others[0], undefined);
  return answers.indexOf("accepted");
}

/** Code and status of a refusal, else "accepted". */
export async function refusalOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return "accepted";
  } catch (error) {
    return describeError(error);
  }
}

/** @param error of the SDK: by code and status, as its message may have an id of the request */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return status === undefined ? `${error.name}: ${error.message}` : `${error.name} ${status}`;
}

function text(value: Plain): string {
  return value === undefined ? "nothing" : String(value);
}
