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

/** A projection in a layer of its own: `query_dense`, until 3.0 and in 3.x's GQA `_query_dense`. */
function projection(
  name: string,
  kernel: readonly Dim[],
  bias: readonly Dim[] | false,
  holder: string,
): Variable[] {
  const holders = [holder, `_${holder}`];
  const found = [variable(`${name}/kernel`, kernel, { holders })];
  if (bias !== false) found.push(variable(`${name}/bias`, bias, { holders }));
  return found;
}

function multiHeadAttention(config: Config): Expectation {
  if (!config.has("num_heads") || !config.has("key_dim")) return unknown;
  const heads = fixed(config.integer("num_heads"));
  const keys = fixed(config.integer("key_dim"));
  const values = fixed(config.integer("value_dim") || config.integer("key_dim"));
  const hasBias = config.flag("use_bias", true);
  const output = outputDims(config);
  const gated = config.flag("use_gate", false);
  const { variables } = closed(
    ...projection("query", [dim("query"), heads, keys], hasBias && [heads, keys], "query_dense"),
    ...projection("key", [dim("key"), heads, keys], hasBias && [heads, keys], "key_dense"),
    ...projection(
      "value",
      [dim("value"), heads, values],
      hasBias && [heads, values],
      "value_dense",
    ),
    ...projection(
      "attention_output",
      [heads, values, ...output],
      hasBias && output,
      "output_dense",
    ),
  );
  return { variables, isOpen: gated };
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
  const hasBias = config.flag("use_bias", true);
  const { variables } = closed(
    ...projection("query", [dim("query"), heads, size], hasBias && [heads, size], "query_dense"),
    ...projection("key", [dim("key"), shared, size], hasBias && [shared, size], "key_dense"),
    ...projection("value", [dim("value"), shared, size], hasBias && [shared, size], "value_dense"),
    ...projection(
      "attention_output",
      [heads, size, dim("query")],
      hasBias && [dim("query")],
      "output_dense",
    ),
  );
  return { variables, isOpen: config.flag("use_gate", false) };
}

/** Keras 2.4 to 2.6 has no `score_mode`; older classes of users are often named Attention. */
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
