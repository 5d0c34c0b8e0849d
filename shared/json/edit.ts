import { CleaveError } from "../errors.ts";

/** At UTF-16 index `at` of the edited text stands `added`, where the original has `removed`. */
export interface TextEdit {
  at: number;
  removed: string;
  added: string;
}

/** A span of the original text and what is to stand there instead. */
export interface Replacement {
  start: number;
  end: number;
  text: string;
}

/**
 * Applies replacements that do not overlap, and says how to take them back.
 * `undoEdits(edited, edits)` is the original text again.
 */
export function replaceSpans(
  original: string,
  replacements: readonly Replacement[],
): { text: string; edits: TextEdit[] } {
  const edits: TextEdit[] = [];
  let text = "";
  let from = 0;
  const inOrder = replacements.toSorted((a, b) => a.start - b.start || a.end - b.end);
  for (const { start, end, text: added } of inOrder) {
    text += original.slice(from, start);
    edits.push({ at: text.length, removed: original.slice(start, end), added });
    text += added;
    from = end;
  }
  return { text: text + original.slice(from), edits };
}

/**
 * @throws CleaveError `MISMATCH` where the text does not hold what the edits say they put there
 */
export function undoEdits(edited: string, edits: readonly TextEdit[]): string {
  let original = "";
  let from = 0;
  for (const { at, removed, added } of edits) {
    if (at < from || at > edited.length || !edited.startsWith(added, at)) {
      throw new CleaveError(
        "MISMATCH",
        `The manifest's edit at character ${at} does not fit this architecture; it was made for another text.`,
      );
    }
    original += edited.slice(from, at) + removed;
    from = at + added.length;
  }
  return original + edited.slice(from);
}
