"""Models saved as `.keras` straight after training, so that compile_config keeps its optimizer.

Saving `.h5` first makes Keras drop `optimizer` from the compile_config of every later `.keras`.
"""

import numpy as np

from models.fixture import JAX, TF213, TF_KERAS, Built, Fixture


def classic(keras, rng):
    model = keras.Sequential(
        [
            keras.layers.InputLayer(**input_shape(keras, (784,))),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    images = rng.random((4, 784)).astype("float32")
    return Built(model, [images], rng.integers(0, 10, 4))


def classic_small(keras, rng):
    model = keras.Sequential(
        [
            keras.layers.InputLayer(**input_shape(keras, (20,))),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("sgd", "categorical_crossentropy")
    classes = np.eye(10, dtype="float32")[rng.integers(0, 10, 4)]
    return Built(model, [normal(rng, (4, 20))], classes)


def trained_by(make_optimizer, metrics=("mae",)):
    def build(keras, rng):
        layers = keras.layers
        x = keras.Input((6,), name="features")
        hidden = layers.Dense(5, activation="relu", name="hidden")(x)
        y = layers.Dense(3, name="head")(layers.BatchNormalization(name="norm")(hidden))
        model = keras.Model(x, y, name="regressor")
        model.compile(make_optimizer(keras.optimizers), "mean_squared_error", metrics=list(metrics))
        return Built(model, [normal(rng, (4, 6))], normal(rng, (4, 3)))

    return build


def input_shape(keras, shape):
    return {"shape" if keras.__version__.startswith("3.") else "input_shape": shape}


def normal(rng, shape):
    return rng.normal(size=shape).astype("float32")


def schedule(optimizers):
    return optimizers.schedules.ExponentialDecay(0.01, 100, 0.9)


EVERY = (JAX, TF_KERAS, TF213)

FIXTURES = [
    Fixture(
        "classic",
        (JAX,),
        ("keras", "h5", "arch.json"),
        classic,
        "Dense(32, relu) + Dense(10, softmax) on 784 inputs, sgd",
    ),
    Fixture(
        "classic_small",
        (JAX, TF_KERAS),
        ("keras", "h5", "arch.json"),
        classic_small,
        "as classic, on 20 inputs, categorical_crossentropy",
    ),
    Fixture("trained_adam", EVERY, ("keras",), trained_by(lambda o: o.Adam(0.01))),
    Fixture(
        "trained_sgd_momentum",
        EVERY,
        ("keras",),
        trained_by(lambda o: o.SGD(0.01, momentum=0.9)),
    ),
    Fixture(
        "trained_rmsprop",
        EVERY,
        ("keras",),
        trained_by(lambda o: o.RMSprop(0.01, momentum=0.5, centered=True)),
    ),
    Fixture(
        "trained_adamw_schedule",
        (JAX, TF_KERAS),
        ("keras",),
        trained_by(lambda o: o.AdamW(schedule(o)), metrics=()),
        "learning rate schedule: no learning_rate variable",
    ),
    Fixture(
        "trained_legacy_adam",
        (TF_KERAS,),
        ("h5", "keras"),
        trained_by(lambda o: o.legacy.Adam(0.01)),
        "optimizers.legacy: Adam/iter:0, all m, all v",
    ),
]
