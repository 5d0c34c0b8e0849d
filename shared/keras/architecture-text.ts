import { CleaveError } from "../errors.ts";
import { asString, member } from "../json/access.ts";
import { replaceSpans, type Replacement, type TextEdit } from "../json/edit.ts";
import { parseJson, type JsonArray, type JsonObject } from "../json/parse.ts";
import type { Family, KerasVersion } from "./model.ts";

const compileConfigName = "compile_config";

/** A model's architecture as `model_from_json` takes it, and what was changed for that. */
export interface PublishedArchitecture {
  readonly text: string;
  /** Undone, they give the file's own text. */
  readonly edits: readonly TextEdit[];
  /** The compile configuration of the outermost model, verbatim. */
  readonly compileConfig: string | null;
}

/**
 * Makes the architecture JSON of a model file one that `model_from_json` of the Keras that wrote it
 * takes as it is:
 *
 * - `compile_config` of every model in it goes: with it, `model_from_json` compiles the model and
 *   fails on a custom loss.
 * - An `.h5` of Keras 3 lacks what its `model_from_json` looks the outermost class up by; `module`
 *   and `registered_name` are appended.
 */
export function publishArchitecture(
  original: string,
  family: Family,
  keras: KerasVersion,
): PublishedArchitecture {
  const root = parseArchitecture(original);
  const replacements = [...compileConfigs(root)];
  const classFields =
    family === "legacy" && keras.version?.startsWith("3.") && missingClassFields(root);
  if (classFields) {
    const at = root.end - 1;
    replacements.push({ start: at, end: at, text: classFields });
  }
  const compileConfig = member(root, compileConfigName);
  return {
    ...replaceSpans(original, replacements),
    compileConfig: compileConfig ? original.slice(compileConfig.start, compileConfig.end) : null,
  };
}

/** @throws CleaveError `JSON_INVALID`; `MODEL_INVALID` where it is no serialized model */
export function parseArchitecture(text: string): JsonObject {
  const root = parseJson(text, "architecture JSON (config.json, model_config)");
  if (root.type !== "object" || asString(member(root, "class_name")) === undefined) {
    throw new CleaveError(
      "MODEL_INVALID",
      "The architecture JSON has no class_name; it is not a model's.",
      { rule: "KB711" },
    );
  }
  return root;
}

/** The spans of all `compile_config` members of serialized objects, each with one comma. */
function* compileConfigs(root: JsonObject): Generator<Replacement> {
  const open: (JsonObject | JsonArray)[] = [root];
  for (let node; (node = open.pop());) {
    const found = node.type === "object" ? compileConfigOf(node) : undefined;
    if (found !== undefined) yield { ...found, text: "" };
    for (const inner of node.containers) {
      if (found === undefined || inner.start < found.start || inner.end > found.end) {
        open.push(inner);
      }
    }
  }
}

/** Where it stands with the comma before it, or the one behind it, where it is not alone. */
function compileConfigOf(node: JsonObject): Omit<Replacement, "text"> | undefined {
  const isSerialized = [compileConfigName, "class_name", "config"].every((name) => node.get(name));
  if (!isSerialized) return undefined;
  const members = [...node.members];
  const at = members.findIndex(([name]) => name === compileConfigName);
  const [, { start, value }] = members[at]!;
  const before = members[at - 1]?.[1].value;
  return before === undefined
    ? { start, end: members[at + 1]![1].start }
    : { start: before.end, end: value.end };
}

/**
 * Keras 3's functional models have an import path of their own; `keras` exports Sequential
 * (keras/src/saving/serialization_lib.py, `_retrieve_class_or_fn`).
 */
function missingClassFields(root: JsonObject): string | null {
  if (root.members.has("module")) return null;
  const className = asString(member(root, "class_name"));
  if (className === "Sequential") return ', "module": "keras", "registered_name": null';
  if (className === "Functional") {
    return ', "module": "keras.src.models.functional", "registered_name": "Functional"';
  }
  return null;
}
