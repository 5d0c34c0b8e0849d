"""The Kerases that judge, by name, and the few calls that differ between them."""

import os

import numpy as np

BACKENDS = {
    "keras3": "jax",
    "keras3-tf": "tensorflow",
    "tf_keras": "tensorflow",
    "tf213": "tensorflow",
    "keras231": "theano",
}


def load_keras(kind):
    os.environ["KERAS_BACKEND"] = BACKENDS[kind]
    if kind == "tf_keras":
        import tf_keras as keras
    else:
        import keras
    trust_lambdas(keras, kind)
    return keras


def trust_lambdas(keras, kind):
    if kind == "tf_keras":
        from tf_keras.src.saving import serialization_lib
    elif kind in ("keras3", "keras3-tf", "tf213"):
        from keras.src.saving import serialization_lib
    else:
        return
    serialization_lib.enable_unsafe_deserialization()


def forget_models(keras):
    getattr(keras.backend, "clear_session", lambda: None)()


def predict(keras, model, inputs):
    """The model's outputs in inference mode, as a flat list."""
    if isinstance(inputs, list):
        inputs = [tensor(x) for x in inputs]
        inputs = inputs[0] if len(inputs) == 1 else inputs
    if is_multi_backend(keras):
        outputs = model.predict(inputs)
    else:
        outputs = model(inputs, training=False)
    if isinstance(outputs, dict):
        outputs = list(outputs.values())
    if not isinstance(outputs, (list, tuple)):
        outputs = [outputs]
    return [np.asarray(y) for y in outputs]


def tensor(x):
    if x.dtype.kind != "U":
        return x
    import tensorflow as tf

    return tf.constant(x)


def is_multi_backend(keras):
    return keras.__version__.startswith("2.3")


def value_of(keras, variable):
    if is_multi_backend(keras):
        return keras.backend.get_value(variable)
    return np.asarray(variable.numpy())
