/**
 * Operations of TensorFlow that Keras 2 writes into functional models as layers, by the names that it
 * calls them by (keras/layers/core/tf_op_layer.py, TFOpLambda). Default deny: whatever computes is known
 * by the module it is in, and everything else reaches files, networks, Python or other models.
 */
const computing =
  /^(?:__operators__|bitwise|dtypes|image|linalg|math|nn|quantization|ragged|random|sets|signal|sparse|strings)\.[\w.]+$/;
const decoding = /^(?:io\.(?:decode|encode|parse)_\w+|audio\.(?:decode|encode)_wav)$/;
const checking = /^debugging\.(?:assert_\w+|check_numerics|is_numeric_tensor)$/;
const ofKeras = /^keras\.(?:activations|backend|losses|metrics|ops)\.([a-z]\w*)$/;
/** Functions of `tf` itself that take callables, write, load or make something other than a tensor. */
const notComputing =
  /^(?:Assert|autograph|custom_gradient|eager_py_func|fold[lr]|function|import_graph_def|init_scope|load_\w+|map_fn|matching_files|numpy_function|print\w*|py_func\w*|py_function|read_file|recompute_grad|scan|switch_case|cond|case|vectorized_map|while_loop|write_file)$/;
const loading = /^(?:get_session|set_\w+|get_value|function|print_tensor|load\w*|save\w*)$/;

/** @param name as `tf.math.add` without `tf.`, perhaps of an earlier API (`compat.v1.…`) */
export function isComputation(name: string): boolean {
  const bare = name.replace(/^(?:tf\.)?(?:compat\.v[12]\.)*/, "");
  if (/^experimental\.numpy\.[a-z]\w*$/.test(bare)) return !/\.(?:load|save)/.test(bare);
  if (/^raw_ops\.\w+$/.test(bare)) return isComputingNode(bare.slice("raw_ops.".length));
  const keras = ofKeras.exec(bare)?.[1];
  if (keras !== undefined) return !loading.test(keras);
  if (computing.test(bare) || decoding.test(bare) || checking.test(bare)) return true;
  return /^[a-z]\w*$/.test(bare) && !notComputing.test(bare);
}

/** Kernels of TensorFlow (core/ops/*.cc) that reach beyond tensors, by the words in their names. */
const reaching =
  /File|Dataset|PyFunc|Reader|Save|Restore|Write|Summary|Queue|Iterator|Table|Print|Debug|Rpc|Http|Sql|Record|Checkpoint|Glob|BigQuery|Send|Recv|Call|Gradient|Host|Collective|Lookup|Variable|Handle|Stage|Barrier|Resource/;

/** @param op of a node of a TensorFlow graph, as `TensorFlowOpLayer` has one */
export function isComputingNode(op: string): boolean {
  return /^[A-Z]\w*$/.test(op) && !reaching.test(op);
}

/** Classes of tensors, whose methods Keras writes as `ClassMethod` and `InstanceMethod`. */
const tensorClasses =
  /^(?:tf\.)?(?:(?:ragged|sparse|compat\.v1|compat\.v2)\.)?(?:IndexedSlices|RaggedTensor|SparseTensor|Tensor)(?:\.[a-z_]\w*)?$/;

export function isTensorClass(name: string): boolean {
  return tensorClasses.test(name);
}
