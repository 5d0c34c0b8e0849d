import type { ByteSource } from "../../bytes/source.ts";
import { CleaveError, quote } from "../../errors.ts";
import type { RuleId } from "../../scan/rules.ts";

/** A file that people take for a model: what it is instead, and what to do about it. */
export interface Foreign {
  /** Goes on after "it is". */
  readonly is: string;
  /** A sentence without its full stop. */
  readonly advice: string;
  /** What a scan calls it, where that says more than that it is another kind of file. */
  readonly rule?: RuleId;
}

/** Enough of a file to tell its kind; what only a further read can tell is read from the source. */
export interface Opened {
  readonly source: ByteSource;
  /** The first `headLength` bytes, or all there are. */
  readonly head: Buffer;
  /** The same as Latin-1: a character for each byte. */
  readonly text: string;
}

/** The title of a page and the name of a pickle's class stand within. */
const headLength = 4096;

export async function openHead(source: ByteSource): Promise<Opened> {
  const head = Buffer.from(await source.read(0, Math.min(headLength, source.size)));
  return { source, head, text: head.toString("latin1") };
}

export const retry = "Download or copy it again";

/** @throws CleaveError `NOT_A_MODEL` */
export function refuseForeign({ is, advice, rule }: Foreign): never {
  throw new CleaveError("NOT_A_MODEL", `This is no Keras model: it is ${is}. ${advice}.`, { rule });
}

/** A few names from a file, for a message. */
export function fewNames(names: Iterable<string>): string {
  const all = [...names];
  const few = all.slice(0, 5).map((name) => quote(name, 60));
  return all.length > few.length ? `${few.join(", ")} and more` : few.join(", ");
}
