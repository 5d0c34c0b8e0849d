import { asString, member } from "../json/access.ts";
import { replaceSpans, type TextEdit } from "../json/edit.ts";
import type { JsonObject } from "../json/parse.ts";
import { parseArchitecture } from "./architecture-text.ts";

/**
 * The text for a model file from an `architecture.json` that somebody has changed since, so that
 * the edits' places mean nothing: what was appended goes where it still stands at the end, and the
 * outermost model's compile configuration comes back.
 *
 * @param compileConfig JSON text, or null where there is none or the file has another place for it
 */
export function restoreChangedArchitecture(
  text: string,
  edits: readonly TextEdit[],
  compileConfig: string | null,
): string {
  let restored = text;
  for (const { added } of edits) {
    const appended = `${added}}`;
    if (added !== "" && restored.endsWith(appended)) {
      restored = `${restored.slice(0, -appended.length)}}`;
    }
  }
  if (compileConfig === null || member(parseArchitecture(restored), "compile_config"))
    return restored;
  return appendMembers(restored, `"compile_config": ${compileConfig}`);
}

/**
 * `to_json()` of TensorFlow's Keras has no class path, which the loader of `.keras` files needs
 * (keras/saving/saving_lib.py, 2.12 to tf_keras 2.21); Keras 3's has it.
 */
export function withClassPath(text: string): string {
  const root = parseArchitecture(text);
  if (root.members.has("module")) return text;
  const className = asString(member(root, "class_name"));
  if (className === "Functional" || className === "Model") {
    const module = functionalModule(root);
    return appendMembers(text, `"module": "${module}", "registered_name": "Functional"`);
  }
  return appendMembers(text, '"module": "keras", "registered_name": null');
}

/** Where the functional model's class stands in the Keras that wrote the text. */
function functionalModule(root: JsonObject): string {
  const [major, minor] = (asString(member(root, "keras_version")) ?? "").split(".").map(Number);
  if (major !== 2 || minor === undefined || minor > 15) return "tf_keras.src.engine.functional";
  return minor > 12 ? "keras.src.engine.functional" : "keras.engine.functional";
}

function appendMembers(text: string, members: string): string {
  const at = parseArchitecture(text).end - 1;
  return replaceSpans(text, [{ start: at, end: at, text: `, ${members}` }]).text;
}
