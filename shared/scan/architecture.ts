import { CleaveError, quote } from "../errors.ts";
import { asString } from "../json/access.ts";
import { parseJson, type JsonNode, type JsonObject } from "../json/parse.ts";
import { finding, type ScanFinding } from "./finding.ts";
import { namedFunction, registeredClass } from "./custom-objects.ts";
import { foreignCallable } from "./foreign-callable.ts";
import { codeObject, codeText, lambdaIn } from "./lambda.ts";
import { loadingLayers } from "./loading-layers.ts";
import { misshapen } from "./misshapen.ts";
import type { RuleId } from "./rules.ts";
import { looksSecret } from "./secrets.ts";
import {
  bareNameOf,
  at,
  unquoted,
  type JsonPart,
  type Serialized,
  type Told,
} from "./serialized.ts";

/**
 * Looks for everything in an architecture or training configuration that runs, loads or misleads, at
 * any depth and in any place, without making anything of it.
 *
 * @throws CleaveError `JSON_INVALID`, `LIMIT_EXCEEDED` where it cannot be read
 */
export function scanArchitecture(json: JsonPart): ScanFinding[] {
  return new ArchitectureScan(json).all(parseJson(json.text, json.part));
}

interface Visit {
  readonly node: JsonNode;
  readonly pointer: string;
  /** The name it stands under; null in a list. */
  readonly key: string | null;
  /** Whether the code that stands here has been told of with the object around it. */
  readonly isTold: boolean;
  /** In how many texts within texts it stands. */
  readonly depth: number;
}

const mostLookedAt = 8 * 1024 * 1024;
/** Texts in texts double their backslashes, and grow as fast. */
const mostNested = 3;
/** As many of one kind as help; a hostile file can have millions. */
const mostOfOneRule = 50;
const prototypeKeys = new Set(["__proto__", "constructor", "prototype"]);

/** Goes through a text without recursion. */
class ArchitectureScan {
  readonly #json: JsonPart;
  readonly #found: ScanFinding[] = [];
  readonly #counts = new Map<RuleId, number>();
  readonly #open: Visit[] = [];
  /** Characters of settings. */
  #looked = 0;

  constructor(json: JsonPart) {
    this.#json = json;
  }

  all(root: JsonNode): ScanFinding[] {
    this.#open.push({ node: root, pointer: "", key: null, isTold: false, depth: 0 });
    for (let visit; (visit = this.#open.pop());) this.#visit(visit);
    return this.#found;
  }

  #visit(visit: Visit): void {
    const { node, pointer } = visit;
    if (node.type === "object") this.#object({ ...visit, node });
    else if (node.type === "string") this.#string(node.value, visit);
    else if (node.type === "number" && /[NI]/.test(node.text)) {
      this.#tell({ id: "KJ311", pointer, message: `${at(this.#json, pointer)} is ${node.text}` });
    } else if (node.type === "array") {
      const { items } = node;
      for (let index = items.length - 1; index >= 0; index -= 1) {
        const place = `${pointer}/${index}`;
        this.#open.push({ ...visit, node: items[index]!, pointer: place, key: null });
      }
    }
  }

  #object({ node, pointer, key, isTold, depth }: Visit & { readonly node: JsonObject }): void {
    const hasCode = this.#serialized(node, pointer, key, isTold);
    for (const [name, { value }] of [...node.members].toReversed()) {
      const place = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (prototypeKeys.has(name)) {
        const message = `${at(this.#json, place)} has the key ${quote(name)}`;
        this.#tell({ id: "KJ303", pointer: place, message });
      }
      this.#open.push({ node: value, pointer: place, key: name, isTold: isTold || hasCode, depth });
    }
  }

  /** @returns whether code in it has been told of */
  #serialized(node: JsonObject, pointer: string, key: string | null, isTold: boolean): boolean {
    const stated = node.get("class_name");
    const className = asString(stated);
    if (className === undefined) {
      if (stated !== undefined && node.get("config") !== undefined) {
        const message = `${at(this.#json, `${pointer}/class_name`)} of the configuration is a JSON ${stated.type}, not the name of a class`;
        this.#tell({ id: "KJ305", pointer: `${pointer}/class_name`, message });
      }
      return !isTold && this.#tell(codeObject(node, key, pointer, this.#json));
    }
    const object: Serialized = {
      node,
      config: node.get("config"),
      className,
      bareName: bareNameOf(className),
      registeredName: asString(node.get("registered_name")),
      key,
      pointer,
      json: this.#json,
    };
    const hasCode = !isTold && this.#tell(lambdaIn(object));
    this.#tell(foreignCallable(object));
    this.#tell(registeredClass(object));
    for (const told of loadingLayers(object)) this.#tell(told);
    for (const told of misshapen(object)) this.#tell(told);
    return hasCode;
  }

  #string(text: string, { pointer, key, isTold, depth }: Visit): void {
    if (!isTold) this.#tell(codeText(text, pointer, this.#json));
    this.#tell(namedFunction(text, key, pointer, this.#json));
    this.#nested(text, pointer, depth);
    // What stands in a list is data: a vocabulary may hold any words.
    const secret = key === null || !this.#mayLookAt(text) ? undefined : looksSecret(text);
    if (secret === undefined) return;
    const message = `${quote(key!)} at ${at(this.#json, pointer)} looks like ${secret}`;
    this.#tell({ id: "KS130", pointer, message });
  }

  /** Whether a text is one of the first so many; more are no settings. */
  #mayLookAt({ length }: string): boolean {
    this.#looked += length;
    return this.#looked <= mostLookedAt;
  }

  /** An architecture as a text, which an operation or a loader may be given. */
  #nested(text: string, pointer: string, depth: number): void {
    if (depth === mostNested || !/^\s*[{[]/.test(text) || !text.includes("class_name")) return;
    try {
      const node = parseJson(text, this.#json.part);
      this.#open.push({ node, pointer, key: null, isTold: false, depth: depth + 1 });
    } catch (error) {
      if (!(error instanceof CleaveError)) throw error; // no JSON, so no architecture
    }
  }

  /** @returns whether there was something to tell */
  #tell(told: Told | undefined): boolean {
    if (told === undefined) return false;
    const { id, pointer, message, details } = told;
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, count);
    if (count > mostOfOneRule) return true;
    const more = count === mostOfOneRule ? ", and perhaps more, which are not listed" : "";
    const where = { part: this.#json.part, pointer: unquoted(pointer, 500) };
    this.#found.push(finding(id, where, `${message}${more}.`, details));
    return true;
  }
}
