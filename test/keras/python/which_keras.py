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
    return keras


def forget_models(keras):
    """As a new process would, except that lambdas are trusted (clear_session undoes that too)."""
    if is_multi_backend(keras):
        keras.backend.reset_uids()
        return
    keras.backend.clear_session()
    settings = keras.config if hasattr(keras, "config") else keras.__internal__
    settings.enable_unsafe_deserialization()


def load_file(keras, path, custom, compile_it):
    trust = {} if is_multi_backend(keras) else {"safe_mode": False}
    return keras.models.load_model(path, custom_objects=custom, compile=compile_it, **trust)


def predict(keras, model, inputs):
    """The model's outputs in inference mode, as a flat list."""
    if isinstance(inputs, list):
        if any(x.dtype.kind == "U" for x in inputs):
            inputs = [tensor(x) for x in inputs]
        inputs = inputs[0] if len(inputs) == 1 else inputs
    if is_multi_backend(keras):
        outputs = model.predict(inputs)
    else:
        outputs = model(inputs, training=False)
    if isinstance(outputs, dict):
        outputs = [outputs[name] for name in sorted(outputs)]
    if not isinstance(outputs, (list, tuple)):
        outputs = [outputs]
    return [np.asarray(y) for y in outputs]


def tensor(x):
    import tensorflow as tf

    return tf.constant(x)


def is_multi_backend(keras):
    return keras.__version__.startswith("2.3")


def value_of(keras, variable):
    if is_multi_backend(keras):
        return keras.backend.get_value(variable)
    return np.asarray(variable.numpy())
