import { asArray, asString, member } from "../../shared/json/access.ts";
import { parseJson, type JsonNode } from "../../shared/json/parse.ts";
import { plain } from "./format.ts";

/** A compile or training configuration of any Keras in a line: optimizer, loss, metrics. */
export function describeTraining(config: string): string {
  const root = parseJson(config, "training configuration");
  const parts = [
    optimizer(member(root, "optimizer_config") ?? member(root, "optimizer")),
    labelled("loss", member(root, "loss")),
    labelled("metrics", member(root, "metrics")),
  ];
  return parts.filter((part) => part !== "").join(", ") || "not compiled";
}

function optimizer(node: JsonNode | undefined): string {
  const name = asString(member(node, "class_name")) ?? asString(node);
  if (name === undefined) return "";
  const rate = member(node, "config", "learning_rate") ?? member(node, "config", "lr");
  return rate?.type === "number"
    ? `${plain(name)} (learning rate ${Number(Number(rate.text).toPrecision(6))})`
    : plain(name);
}

function labelled(label: string, node: JsonNode | undefined): string {
  const names = namesIn(node);
  return names.length === 0 ? "" : `${label} ${names.join(" + ")}`;
}

/** Names of losses or metrics, which stand alone, in lists, by output, or as serialized objects. */
function namesIn(node: JsonNode | undefined): string[] {
  const name = asString(node) ?? asString(member(node, "class_name"));
  if (name === "function" || name === "MeanMetricWrapper") {
    const inner = asString(member(node, "config")) ?? asString(member(node, "config", "name"));
    return inner === undefined ? [] : [plain(inner)];
  }
  if (name !== undefined) return [plain(name)];
  if (node?.type === "object")
    return [...node.members.values()].flatMap(({ value }) => namesIn(value));
  return asArray(node).flatMap(namesIn);
}
