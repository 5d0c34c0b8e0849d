/** Functions of Keras 1 to 3 that configurations give by name alone (keras/src/activations/__init__.py). */
const activations = `celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu
  linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
  sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold`;

/** keras/src/losses/__init__.py and keras/src/metrics/__init__.py, with the aliases of earlier versions. */
const lossesAndMetrics = `accuracy acc ce bce BCE binary_accuracy binary_crossentropy binary_focal_crossentropy
  categorical_accuracy categorical_crossentropy categorical_focal_crossentropy categorical_generalized_cross_entropy
  categorical_hinge circle cosine cosine_proximity cosine_similarity crossentropy ctc dice hinge huber huber_loss kld
  KLD kl_divergence kullback_leibler_divergence log_cosh logcosh mae MAE mape MAPE matthews mean_absolute_error
  mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error mse MSE msle MSLE pearson_correlation
  poisson sparse_categorical_accuracy sparse_categorical_crossentropy sparse_top_k_categorical_accuracy squared_hinge
  top_k_categorical_accuracy tversky`;

const known = new Set(`${activations} ${lossesAndMetrics}`.split(/\s+/));
const knownActivations = new Set(activations.split(/\s+/));

/** Whether Keras has a function of this name that stands for an activation, a loss or a metric. */
export function isFunctionOfKeras(name: string): boolean {
  return known.has(name);
}

export function isActivation(name: string): boolean {
  return knownActivations.has(name);
}
