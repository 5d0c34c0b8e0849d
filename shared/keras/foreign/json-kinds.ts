import type { ByteSource } from "../../bytes/source.ts";
import { CleaveError, quote } from "../../errors.ts";
import { grouped } from "../../grouped.ts";
import { asObject, asString, member } from "../../json/access.ts";
import { parseJson, type JsonObject } from "../../json/parse.ts";
import { fewNames } from "./foreign.ts";

/** Architectures are a few MB; what is longer is not parsed for the sake of a message. */
const mostBytes = 8 * 1024 * 1024;
/** What servers say of an error is short. */
const mostErrorMembers = 5;

/** What JSON is that was given in place of a model, and what to do about it. */
export async function describeJson(source: ByteSource): Promise<string> {
  if (source.size > mostBytes) {
    return `JSON of ${grouped(source.size)} bytes, perhaps an architecture; weights are needed with it`;
  }
  const text = Buffer.from(await source.read(0, source.size)).toString("utf8");
  try {
    const root = asObject(parseJson(text.replace(/^\ufeff/, ""), "JSON"));
    return root === undefined ? "JSON, though no object" : describeObject(root);
  } catch (error) {
    if (!(error instanceof CleaveError) || error.code === "IO") throw error;
    return `text that starts as JSON does and is damaged or cut (${error.message.replace(/\.$/, "")}); take an intact copy`;
  }
}

function describeObject(root: JsonObject): string {
  const has = (...path: string[]): boolean => member(root, ...path) !== undefined;
  if (has("class_name") && has("config")) {
    const named = [member(root, "class_name"), member(root, "config", "name")]
      .map(asString)
      .filter((name) => name !== undefined)
      .map((name) => quote(name, 60));
    const what = named.length === 0 ? "" : ` (${named.join(", ")})`;
    return `JSON of an architecture${what}, without weights; give it to recombine as --architecture, with the weights as --weights`;
  }
  if (has("modelTopology") || has("weightsManifest")) {
    return "a TensorFlow.js model; the Keras model it was made from is needed";
  }
  if (has("schema") && has("artifacts")) {
    return "the manifest of a split; give the folder that it stands in";
  }
  if (has("keras_version") && has("date_saved")) {
    return "metadata.json of an unpacked .keras; give the folder that it stands in";
  }
  if (has("Code") && has("Message")) {
    const said = ["Code", "Message"].map((name) => quote(asString(member(root, name)) ?? ""));
    return `the error message of a server (${said.join(": ")}); download the file again`;
  }
  const said = asString(member(root, "message") ?? member(root, "error"));
  if (said !== undefined && root.members.size <= mostErrorMembers) {
    return `the error message of a server (${quote(said)}); download the file again`;
  }
  return `JSON, and no architecture: its members are ${fewNames(root.members.keys()) || "none"}`;
}
