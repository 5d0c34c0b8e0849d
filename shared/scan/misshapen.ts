import { quote } from "../errors.ts";
import { asObject, asString, member } from "../json/access.ts";
import { configMember } from "../keras/v3.ts";
import { isModelClass } from "../keras/layers/walk.ts";
import { findCycle } from "./graph.ts";
import { misleadingName } from "./misleading-name.ts";
import { at, type Serialized, type Told } from "./serialized.ts";

/** Names and lists that are not what Keras writes. */
export function* misshapen(object: Serialized): Iterable<Told> {
  yield* names(object);
  yield* layers(object);
  yield* arrays(object);
}

/** As Keras writes the types of arrays; numpy makes room for whatever a type says before it looks. */
const plainType =
  /^(?:[<>=|]?(?:[?bBhHiIlLqQefdgFD]|[biufc](?:1|2|4|8|16)|[SU]\d{0,4}|O)|bool|str|string|object|bfloat16|(?:u?int|float|complex)\d{1,3})$/;

function* arrays({ className, config, pointer, json }: Serialized): Iterable<Told> {
  if (className !== "__numpy__" && className !== "__tensor__") return;
  const dtype = member(config, "dtype");
  if (dtype === undefined || (dtype.type === "literal" && dtype.value === null)) return;
  const stated = asString(dtype);
  if (stated !== undefined && plainType.test(stated)) return;
  const place = `${pointer}/config/dtype`;
  const is = stated === undefined ? `a JSON ${dtype.type}` : quote(stated);
  const message = `The type of the array at ${at(json, place)} is ${is}, which is none that Keras writes: memory is taken for it before its values are looked at`;
  yield { id: "KJ305", pointer: place, message };
}

function* names({ node, config, pointer, json }: Serialized): Iterable<Told> {
  // In a legacy file, Keras 3 has the names that a model brought from earlier versions.
  const isKeras3 = json.part === configMember && /^[3-9]/.test(json.kerasVersion ?? "");
  const stated = [
    [`${pointer}/name`, node.get("name")],
    [`${pointer}/config/name`, asObject(config)?.get("name")],
  ] as const;
  for (const [place, name] of stated) {
    if (name === undefined || (name.type === "literal" && name.value === null)) continue;
    if (name.type !== "string") {
      const message = `The name at ${at(json, place)} is a JSON ${name.type}, not a text`;
      yield { id: "KJ305", pointer: place, message };
      continue;
    }
    const why = misleadingName(name.value, isKeras3);
    if (why === undefined) continue;
    const message = `The name ${quote(name.value)} at ${at(json, place)} ${why}`;
    yield { id: "KJ304", pointer: place, message };
  }
}

function* layers({ bareName, config, pointer, json }: Serialized): Iterable<Told> {
  const place = `${pointer}/config/layers`;
  const list = member(config, "layers");
  if (list === undefined) return;
  if (list.type !== "array") {
    if (!isModelClass(bareName)) return;
    const message = `${at(json, place)} of the configuration is a JSON ${list.type}, not a list`;
    yield { id: "KJ305", pointer: place, message };
    return;
  }
  const cycle = findCycle(list);
  if (cycle === undefined) return;
  const through = cycle.map((name) => quote(name, 60)).join(" → ");
  yield {
    id: "KJ306",
    pointer: place,
    message: `The graph at ${at(json, pointer)} has a cycle: ${through}`,
  };
}
