import type { Config } from "../config.ts";
import {
  closed,
  dim,
  fixed,
  unknown,
  variable,
  type Dim,
  type Expectation,
  type Variable,
} from "../variable.ts";
import type { Table } from "./row.ts";

/** keras/src/layers/attention. */
export const attentions: Table = [
  ["MultiHeadAttention", multiHeadAttention],
  ["GroupedQueryAttention", groupedQueryAttention],
  ["GroupQueryAttention", groupedQueryAttention],
  ["Attention", attention],
  ["AdditiveAttention", additiveAttention],
];

function multiHeadAttention(config: Config): Expectation {
  if (!config.has("num_heads") || !config.has("key_dim")) return unknown;
  const heads = fixed(config.integer("num_heads"));
  const keys = fixed(config.integer("key_dim"));
  const values = fixed(config.integer("value_dim") || config.integer("key_dim"));
  const output = outputDims(config);
  return projections(config, [
    ["query", "query_dense", [dim("query")], [heads, keys]],
    ["key", "key_dense", [dim("key")], [heads, keys]],
    config.flag("use_gate", false) && ["gate", "gate_dense", [dim("query")], [heads, null]],
    ["value", "value_dense", [dim("value")], [heads, values]],
    ["attention_output", "output_dense", [heads, values], output],
  ]);
}

/** The size of the query where `output_shape` is not given; any number of dimensions where it is. */
function outputDims(config: Config): Dim[] {
  if (config.isNone("output_shape")) return [dim("query")];
  return (config.integers("output_shape") ?? [undefined]).map(fixed);
}

function groupedQueryAttention(config: Config): Expectation {
  if (!config.has("num_query_heads") || !config.has("num_key_value_heads")) return unknown;
  const heads = fixed(config.integer("num_query_heads"));
  const shared = fixed(config.integer("num_key_value_heads"));
  const size = fixed(config.integer("head_dim"));
  return projections(config, [
    ["query", "query_dense", [dim("query")], [heads, size]],
    ["key", "key_dense", [dim("key")], [shared, size]],
    config.flag("use_gate", false) && ["gate", "gate_dense", [dim("query")], [heads, size]],
    ["value", "value_dense", [dim("value")], [shared, size]],
    ["attention_output", "output_dense", [heads, size], [dim("query")]],
  ]);
}

type Projection = [name: string, holder: string, from: readonly Dim[], to: readonly Dim[]];

/**
 * Each projection is a layer of its own, `query_dense`; K2, Keras 3.0 and GroupQueryAttention have
 * it as `_query_dense`.
 */
function projections(config: Config, list: readonly (Projection | false)[]): Expectation {
  const hasBias = config.flag("use_bias", true);
  return closed(
    ...list.flatMap((projection): (Variable | false)[] => {
      if (!projection) return [];
      const [name, holder, from, to] = projection;
      const options = { holders: [holder, `_${holder}`], dtype: "float32" } as const;
      return [
        variable(`${name}/kernel`, [...from, ...to], options),
        hasBias && variable(`${name}/bias`, to, options),
      ];
    }),
  );
}

/** Keras 2.0 to 2.6 has no `score_mode`; classes of users are often named Attention. */
function attention(config: Config): Expectation {
  if (!config.has("use_scale")) return unknown;
  return closed(
    config.flag("use_scale", false) && variable("scale", []),
    config.text("score_mode") === "concat" && variable("concat_score_weight", []),
  );
}

function additiveAttention(config: Config): Expectation {
  if (!config.has("use_scale")) return unknown;
  return closed(config.flag("use_scale", true) && variable("scale", [dim("in")]));
}
