import { CleaveError, quote } from "../errors.ts";
import { asObject, asString, member } from "../json/access.ts";
import { parseJson, type JsonNode, type JsonObject } from "../json/parse.ts";
import { readBytecode } from "./bytecode.ts";
import { finding, type ScanFinding } from "./finding.ts";
import { findCycle } from "./graph.ts";
import { misleadingName } from "./misleading-name.ts";
import { isBuiltinFunction, isDangerousOperation, isGadget, moduleKind } from "./modules.ts";
import type { RuleId } from "./rules.ts";
import { looksSecret } from "./secrets.ts";

export interface JsonPart {
  /** What the text is called in the file: `config.json`, `model_config`. */
  readonly part: string;
  readonly text: string;
  /** The Keras that wrote it; null where that is not known. */
  readonly kerasVersion: string | null;
}

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
  /** Whether what stands here has been told of with the object around it. */
  readonly isTold: boolean;
}

/** As many of one kind as help; a hostile file can have millions. */
const mostOfOneRule = 50;
const prototypeKeys = new Set(["__proto__", "constructor", "prototype"]);
const vocabularies = ["vocabulary", "idf_weights"];
const lookups = /^(?:StringLookup|IntegerLookup|TextVectorization|IndexLookup|HashedCrossing)$/;
/** tf_keras registers its optimizers in the package of those that name none (optimizers/adam.py). */
const ownOptimizers =
  /^Custom>(?:Adadelta|Adafactor|Adagrad|Adam|AdamW|Adamax|Ftrl|Lion|LossScaleOptimizer|LossScaleOptimizerV3|Nadam|RMSprop|SGD)$/;
/** Shorter text holds no code: the least function takes more as Base64. */
const shortestCode = 40;

class ArchitectureScan {
  readonly #json: JsonPart;
  readonly #found: ScanFinding[] = [];
  readonly #counts = new Map<RuleId, number>();
  readonly #open: Visit[] = [];

  constructor(json: JsonPart) {
    this.#json = json;
  }

  all(root: JsonNode): ScanFinding[] {
    this.#open.push({ node: root, pointer: "", key: null, isTold: false });
    for (let visit; (visit = this.#open.pop());) this.#visit(visit);
    return this.#found;
  }

  #visit({ node, pointer, key, isTold }: Visit): void {
    if (node.type === "string") {
      if (!isTold) this.#string(node.value, pointer, key);
    } else if (node.type === "number") {
      if (/[NI]/.test(node.text)) {
        this.#tell("KJ311", pointer, `${this.#at(pointer)} is ${node.text}`);
      }
    } else if (node.type === "array") {
      const { items } = node;
      for (let index = items.length - 1; index >= 0; index -= 1) {
        this.#open.push({ node: items[index]!, pointer: `${pointer}/${index}`, key: null, isTold });
      }
    } else if (node.type === "object") {
      this.#object(node, pointer, key, isTold);
    }
  }

  #object(node: JsonObject, pointer: string, key: string | null, isToldAbove: boolean): void {
    const isTold = this.#serialized(node, pointer, key, isToldAbove) || isToldAbove;
    for (const [name, { value }] of [...node.members].toReversed()) {
      const place = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (prototypeKeys.has(name)) {
        this.#tell("KJ303", place, `${this.#at(place)} has the key ${quote(name)}`);
      }
      this.#open.push({ node: value, pointer: place, key: name, isTold });
    }
  }

  /**
   * An object that names a class or function.
   *
   * @returns whether the code in it is told of
   */
  #serialized(node: JsonObject, pointer: string, key: string | null, isTold: boolean): boolean {
    const stated = node.get("class_name");
    if (stated === undefined) return this.#codeObject(node, pointer, key, isTold);
    const config = node.get("config");
    const className = asString(stated);
    if (className === undefined) {
      if (config !== undefined) {
        this.#tell(
          "KJ305",
          `${pointer}/class_name`,
          `${this.#at(`${pointer}/class_name`)} of the configuration is a JSON ${stated.type}, not the name of a class`,
        );
      }
      return false;
    }
    const bare = afterPackage(className);
    const registered = asString(node.get("registered_name"));
    this.#names(node, config, pointer);
    this.#module(node, className, pointer, key);
    this.#registeredName(className, registered, pointer);
    this.#container(bare, config, pointer);
    this.#classes(bare, registered, config, pointer);
    if (bare === "__lambda__") return this.#lambdaObject(node, pointer, key, isTold);
    if (bare === "Lambda" || (registered !== undefined && afterPackage(registered) === "Lambda")) {
      return this.#lambdaLayer(className, config, pointer);
    }
    return false;
  }

  /** `{code, defaults, closure}` without a class, as Keras 3 has it in a Lambda's config. */
  #codeObject(node: JsonObject, pointer: string, key: string | null, isTold: boolean): boolean {
    const code = asString(node.get("code"));
    if (isTold || code === undefined || readBytecode(code) === undefined) return false;
    this.#tell(
      "KS102",
      pointer,
      `${key === null ? "An object" : quote(key)} at ${this.#at(pointer)} is a lambda: ${this.#describe(code)}`,
    );
    return true;
  }

  #lambdaObject(node: JsonObject, pointer: string, key: string | null, isTold: boolean): boolean {
    if (isTold) return true;
    const code = codeIn(node.get("config")) ?? codeIn(member(node, "config", "value"));
    const what = code === undefined ? "no code in it" : this.#describe(code);
    this.#tell(
      "KS102",
      pointer,
      `${key === null ? "An object" : quote(key)} at ${this.#at(pointer)} is a __lambda__: ${what}`,
      code,
    );
    return true;
  }

  #lambdaLayer(className: string, config: JsonNode | undefined, pointer: string): boolean {
    const name = asString(member(config, "name"));
    const called = `${quote(className).slice(1, -1)}${name === undefined ? "" : ` ${quote(name)}`} at ${this.#at(pointer)}`;
    const codes = ["function", "output_shape", "mask"].flatMap((role) => {
      const found = codeIn(member(config, role));
      return found === undefined ? [] : [found];
    });
    if (codes.length === 0) {
      const stated = member(config, "function");
      const wanted = asString(stated) ?? asString(member(stated, "config"));
      this.#tell(
        "KS104",
        pointer,
        `Lambda layer ${called}: it calls ${wanted === undefined ? "a function" : `the function ${quote(wanted)}`}, which is not in the file`,
      );
      return false;
    }
    this.#tell(
      "KS101",
      pointer,
      `Lambda layer ${called}: ${codes.map((code) => this.#describe(code)).join("; ")}`,
      codes[0],
    );
    return true;
  }

  #describe(code: string): string {
    const bytecode = readBytecode(code);
    if (bytecode === undefined) return "Python code of an unknown form";
    const { python, names, texts } = bytecode;
    const uses = names.length === 0 ? "" : ` that uses ${list(names)}`;
    const says =
      texts.length === 0 ? "" : `, with the text ${list(texts.map((text) => quote(text, 60)))}`;
    return `Python bytecode (${python})${uses}${says}`;
  }

  #module(node: JsonObject, className: string, pointer: string, key: string | null): void {
    const stated = node.get("module");
    if (stated === undefined || (stated.type === "literal" && stated.value === null)) return;
    const module = asString(stated);
    const place = `${pointer}/module`;
    const role = key === null ? "" : ` for ${quote(key)}`;
    if (module === undefined) {
      this.#tell(
        "KS110",
        place,
        `The module of ${quote(className)}${role} at ${this.#at(place)} is a JSON ${stated.type}, not a name`,
      );
      return;
    }
    const isFunction = className === "function";
    const target = isFunction ? (asString(node.get("config")) ?? "") : className;
    const told = `module ${quote(module)}, ${quote(target)}${role} at ${this.#at(pointer)}`;
    if (className === "__typespec__") {
      if (/^tensorflow\.python\.(?:framework|ops|data)(?:\.\w+)*$/.test(module)) return;
      this.#tell("KS110", pointer, `__typespec__ of a foreign ${told}`);
      return;
    }
    const kind = moduleKind(module);
    const packageName = packageOf(asString(node.get("registered_name")));
    switch (kind) {
      case "keras":
        if (isGadget(target))
          this.#tell("KS111", pointer, `A function of Keras that is no part of a model: ${told}`);
        return;
      case "keras other":
        this.#tell("KS111", pointer, `A part of Keras that no model is made of: ${told}`);
        return;
      case "builtins":
        if (isFunction && !isBuiltinFunction(target)) {
          if (target !== "")
            this.#tell(
              "KS120",
              pointer,
              `Custom function ${quote(target)}${role} at ${this.#at(pointer)}`,
            );
        } else this.#tell("KS110", pointer, `A function of Python: ${told}`);
        return;
      case "main":
      case "companion":
        this.#tell("KS120", pointer, `Custom object, ${told}`);
        return;
      case "dangerous":
        this.#tell("KS110", pointer, `A callable from outside Keras: ${told}`);
        return;
      case "misleading":
        this.#tell("KS110", pointer, `A module that only looks like one of Keras's: ${told}`);
        return;
      case "unknown":
        if (packageName !== undefined) {
          this.#tell(
            "KS120",
            pointer,
            `Custom object of the package ${quote(packageName)}, ${told}`,
          );
        } else if (isFunction || /^[a-z_]/.test(target)) {
          this.#tell("KS110", pointer, `A function from outside Keras: ${told}`);
        } else this.#tell("KS119", pointer, `A class of an unknown package: ${told}`);
    }
  }

  #registeredName(className: string, registered: string | undefined, pointer: string): void {
    const isPackaged = className.includes(">");
    if (registered === undefined) {
      if (isPackaged && !ownOptimizers.test(className))
        this.#tell("KS120", pointer, `Custom object ${quote(className)} at ${this.#at(pointer)}`);
      return;
    }
    if (className === "function" || className.startsWith("__")) return;
    if (afterPackage(registered) !== afterPackage(className)) {
      this.#tell(
        "KS121",
        pointer,
        `The class ${quote(className)} at ${this.#at(pointer)} is registered as ${quote(registered)}`,
      );
    }
  }

  /** What Keras takes lists and names for. */
  #container(className: string, config: JsonNode | undefined, pointer: string): void {
    const isModel = /^(?:Sequential|Functional|Model)$/.test(className);
    const layers = member(config, "layers");
    if (isModel && layers !== undefined && layers.type !== "array") {
      this.#tell(
        "KJ305",
        `${pointer}/config/layers`,
        `${this.#at(`${pointer}/config/layers`)} of the configuration is a JSON ${layers.type}, not a list`,
      );
    }
    if (layers?.type !== "array") return;
    const cycle = findCycle(layers);
    if (cycle !== undefined) {
      this.#tell(
        "KJ306",
        `${pointer}/config/layers`,
        `The graph at ${this.#at(pointer)} has a cycle: ${cycle.map((name) => quote(name, 60)).join(" → ")}`,
      );
    }
  }

  #classes(
    className: string,
    registered: string | undefined,
    config: JsonNode | undefined,
    pointer: string,
  ): void {
    const is = (name: string): boolean =>
      className === name || (registered !== undefined && afterPackage(registered) === name);
    if (is("TorchModuleWrapper")) {
      this.#tell(
        "KS112",
        pointer,
        `TorchModuleWrapper at ${this.#at(pointer)}: a PyTorch module as a pickle`,
      );
    }
    if (is("TFSMLayer")) {
      const path = asString(member(config, "filepath"));
      this.#tell(
        "KS113",
        pointer,
        `TFSMLayer at ${this.#at(pointer)} loads a SavedModel${path === undefined ? " (no filepath is given)" : `, its filepath is ${quote(path)}`}`,
      );
    }
    if (
      is("TFOpLambda") ||
      is("SlicingOpLambda") ||
      is("TensorFlowOpLayer") ||
      is("ClassMethod") ||
      is("InstanceMethod")
    ) {
      const operation = asString(member(config, "function")) ?? asString(member(config, "cls_ref"));
      if (operation !== undefined && isDangerousOperation(operation)) {
        this.#tell(
          "KS111",
          `${pointer}/config/function`,
          `${quote(className).slice(1, -1)} at ${this.#at(pointer)} calls ${quote(operation)}, which reaches files or Python`,
        );
      }
    }
    if (
      !lookups.test(className) &&
      !(registered !== undefined && lookups.test(afterPackage(registered)))
    )
      return;
    for (const key of vocabularies) {
      const value = asString(member(config, key));
      if (value === undefined) continue;
      const place = `${pointer}/config/${key}`;
      this.#tell(
        "KS114",
        place,
        `The ${key} of the ${quote(className).slice(1, -1)} at ${this.#at(place)} is a path or URL, ${quote(value)}, which is opened when the model is loaded`,
      );
    }
  }

  #names(node: JsonObject, config: JsonNode | undefined, pointer: string): void {
    for (const [place, value] of [
      [`${pointer}/name`, node.get("name")],
      [`${pointer}/config/name`, asObject(config)?.get("name")],
    ] as const) {
      if (value === undefined || (value.type === "literal" && value.value === null)) continue;
      if (value.type !== "string") {
        this.#tell(
          "KJ305",
          place,
          `The name at ${this.#at(place)} is a JSON ${value.type}, not a text`,
        );
        continue;
      }
      const why = misleadingName(value.value, this.#isKeras3());
      if (why !== undefined) {
        this.#tell("KJ304", place, `The name ${quote(value.value)} at ${this.#at(place)} ${why}`);
      }
    }
  }

  #string(value: string, pointer: string, key: string | null): void {
    if (value.length >= shortestCode && readBytecode(value) !== undefined) {
      this.#tell(
        "KS103",
        pointer,
        `The text at ${this.#at(pointer)} is marshalled: ${this.#describe(value)}`,
        value,
      );
    }
    // What stands in a list is data: a vocabulary may hold any words.
    const secret = key === null ? undefined : looksSecret(value);
    if (secret !== undefined) {
      this.#tell("KS130", pointer, `${quote(key!)} at ${this.#at(pointer)} looks like ${secret}`);
    }
  }

  #isKeras3(): boolean {
    return /^[3-9]/.test(this.#json.kerasVersion ?? "");
  }

  #at(pointer: string): string {
    return `${this.#json.part}${quote(pointer, 200).slice(1, -1)}`;
  }

  #tell(id: RuleId, pointer: string, message: string, evidence: string | null = null): void {
    const count = (this.#counts.get(id) ?? 0) + 1;
    this.#counts.set(id, count);
    if (count > mostOfOneRule) return;
    const more = count === mostOfOneRule ? ", and perhaps more, which are not listed" : "";
    const where = { part: this.#json.part, pointer: quote(pointer, 500).slice(1, -1) };
    this.#found.push(finding(id, where, `${message}${more}.`, evidence));
  }
}

function afterPackage(name: string): string {
  return name.slice(name.lastIndexOf(">") + 1);
}

function packageOf(registered: string | undefined): string | undefined {
  const end = registered?.lastIndexOf(">") ?? -1;
  return end <= 0 ? undefined : registered!.slice(0, end);
}

/** Marshalled code: a text, the first of a list, or `code` of an object, itself or in its config. */
function codeIn(node: JsonNode | undefined): string | undefined {
  const first = node?.type === "array" ? node.items[0] : node;
  const text =
    asString(first) ??
    asString(member(first, "code")) ??
    asString(member(first, "config", "code")) ??
    asString(member(first, "config", "value")) ??
    asString(firstOf(member(first, "config", "value")));
  if (text === undefined) return undefined;
  const isListed = node?.type === "array" || first?.type === "object";
  // A name of a function is a text as well.
  return isListed || readBytecode(text) !== undefined ? text : undefined;
}

function firstOf(node: JsonNode | undefined): JsonNode | undefined {
  return node?.type === "array" ? node.items[0] : undefined;
}

const mostListed = 12;

function list(texts: readonly string[]): string {
  const few = texts
    .slice(0, mostListed)
    .map((text) => (text.startsWith('"') ? text : quote(text, 60).slice(1, -1)));
  return texts.length > few.length
    ? `${few.join(", ")} and ${texts.length - few.length} more`
    : few.join(", ");
}

/** What a text is that should be an architecture and cannot be read as one. */
export function ruleOfJsonRefusal(error: CleaveError): RuleId {
  return error.rule ?? "KJ310";
}
