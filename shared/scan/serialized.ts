import { quote } from "../errors.ts";
import type { JsonNode, JsonObject } from "../json/parse.ts";
import type { Details } from "./finding.ts";
import type { RuleId } from "./rules.ts";

/** An object of an architecture that names a class or function for Keras to make something of. */
export interface Serialized {
  readonly node: JsonObject;
  readonly config: JsonNode | undefined;
  /** As it stands there, and without the package of a registered one. */
  readonly className: string;
  readonly bareName: string;
  readonly registeredName: string | undefined;
  /** The name it stands under; null in a list. */
  readonly key: string | null;
  readonly pointer: string;
  readonly json: JsonPart;
}

/** A text of a model file. */
export interface JsonPart {
  /** What the text is called in the file: `config.json`, `model_config`. */
  readonly part: string;
  readonly text: string;
  /** The Keras that wrote it; null where that is not known. */
  readonly kerasVersion: string | null;
}

/** What one rule says of one place. */
export interface Told {
  readonly id: RuleId;
  readonly pointer: string;
  /** A sentence without its full stop. */
  readonly message: string;
  readonly details?: Details;
}

/** "config.json/config/layers/3" */
export function at(json: JsonPart, pointer: string): string {
  return `${json.part}${unquoted(pointer, 200)}`;
}

/** Escaped as in quotes, without them. */
export function unquoted(text: string, longest?: number): string {
  return quote(text, longest).slice(1, -1);
}

/** `for "activation" `, or nothing in a list. */
export function role(key: string | null): string {
  return key === null ? "" : ` for ${quote(key)}`;
}

/** "Thing" of "My>Thing", and of "layers.Thing", which Keras 3 finds below the module as well. */
export function bareNameOf(name: string): string {
  return name.slice(Math.max(name.lastIndexOf(">"), name.lastIndexOf(".")) + 1);
}

/** "My" of "My>Thing". */
export function packageOf(name: string | undefined): string | undefined {
  const end = name?.lastIndexOf(">") ?? -1;
  return end <= 0 ? undefined : name!.slice(0, end);
}

/** Whether Keras would make this class of it: it looks for the registered name first. */
export function isOf({ bareName, registeredName }: Serialized, name: string): boolean {
  return bareName === name || (registeredName !== undefined && bareNameOf(registeredName) === name);
}
