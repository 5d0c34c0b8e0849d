"""Compiled models used as layers of compiled models: optimizer state at two depths."""

from models.fixture import JAX, TF213, TF_KERAS, Built, Fixture
from models.trained import input_shape, normal


def compiled_sequential(keras):
    model = keras.Sequential(
        [
            keras.layers.InputLayer(**input_shape(keras, (4,))),
            keras.layers.Dense(3, activation="relu"),
            keras.layers.Dense(2),
        ],
        name="inner",
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def compiled_functional(keras):
    x = keras.Input((4,))
    hidden = keras.layers.Dense(3, activation="relu")(x)
    model = keras.Model(x, keras.layers.Dense(2)(hidden), name="inner")
    model.compile("adam", "mse", metrics=["mae"])
    return model


def with_custom_loss(keras):
    model = compiled_functional(keras)
    loss = keras.saving.get_registered_object("Cleave>odd_inner_loss")
    model.compile(keras.optimizers.Adam(), loss)
    return model


def around(make_inner):
    def build(keras, rng):
        inner = make_inner(keras)
        inner.fit(normal(rng, (4, 4)), normal(rng, (4, 2)), batch_size=4, verbose=0)
        x = keras.Input((4,))
        model = keras.Model(x, keras.layers.Dense(1)(inner(x)), name="outer")
        model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mean_squared_error")
        return Built(model, [normal(rng, (4, 4))], normal(rng, (4, 1)))

    return build


def in_sequential(keras, rng):
    inner = compiled_functional(keras)
    inner.fit(normal(rng, (4, 4)), normal(rng, (4, 2)), batch_size=4, verbose=0)
    first = keras.layers.InputLayer(**input_shape(keras, (4,)))
    model = keras.Sequential([first, inner, keras.layers.Dense(1)], name="outer")
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mean_squared_error")
    return Built(model, [normal(rng, (4, 4))], normal(rng, (4, 1)))


def twice(keras, rng):
    inner = compiled_functional(keras)
    inner.fit(normal(rng, (4, 4)), normal(rng, (4, 2)), batch_size=4, verbose=0)
    x = keras.Input((4,))
    middle = keras.Model(x, keras.layers.Dense(3)(inner(x)), name="middle")
    middle.compile("rmsprop", "mse")
    middle.fit(normal(rng, (4, 4)), normal(rng, (4, 3)), batch_size=4, verbose=0)
    x = keras.Input((4,))
    model = keras.Model(x, keras.layers.Dense(1)(middle(x)), name="outer")
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mean_squared_error")
    return Built(model, [normal(rng, (4, 4))], normal(rng, (4, 1)))


BOTH = ("keras", "h5")

FIXTURES = [
    Fixture(
        "nested_compiled_seq",
        (JAX, TF_KERAS),
        (*BOTH, "arch.json"),
        around(compiled_sequential),
        "a compiled and trained Sequential inside a compiled Functional",
    ),
    Fixture(
        "nested_compiled_fn",
        (JAX, TF_KERAS, TF213),
        (*BOTH, "weights.h5", "arch.json"),
        around(compiled_functional),
        "a compiled and trained Functional inside a compiled Functional",
    ),
    Fixture(
        "nested_compiled_in_seq",
        (JAX, TF_KERAS),
        (*BOTH, "weights.h5"),
        in_sequential,
        "a compiled and trained Functional inside a compiled Sequential",
    ),
    Fixture(
        "nested_compiled_twice",
        (JAX, TF_KERAS),
        ("keras",),
        twice,
        "compiled models at three depths",
    ),
    Fixture(
        "nested_custom_loss",
        (JAX, TF_KERAS),
        ("keras",),
        around(with_custom_loss),
        "the inner model was compiled with a custom loss",
        needs_code=True,
    ),
]
