"""Weights that are not float32: custom dtypes, quantised and low-rank layers."""

from custom_made import assorted_values
from models.fixture import JAX, TENSORFLOW, TF_KERAS, Built, Fixture
from models.trained import input_shape, normal


def assorted(leave_out):
    def build(keras, rng):
        make = keras.saving.get_registered_object("Cleave>Assorted")
        layer = make(leave_out, name="assorted")
        model = keras.Sequential(
            [
                keras.layers.InputLayer(**input_shape(keras, (4,))),
                layer,
                keras.layers.Dense(2, name="head"),
            ]
        )
        for name, value in assorted_values(rng).items():
            if name not in leave_out:
                getattr(layer, name).assign(value)
        return Built(model, [normal(rng, (3, 4))])

    return build


def strings(keras, rng):
    layer = keras.saving.get_registered_object("Cleave>Labels")(name="labels")
    model = keras.Sequential([keras.Input((3,)), layer, keras.layers.Dense(2, name="head")])
    layer.labels.assign(["cat", "", "größe 日本"])
    return Built(model, [normal(rng, (2, 3))])


def low_rank(keras, rng):
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4,)), layers.Embedding(9, 6), layers.Dense(5), layers.Dense(3)]
    )
    for layer in model.layers[:2]:
        layer.enable_lora(2)
    model.compile("adam", "mean_squared_error")
    return Built(model, [rng.integers(0, 9, (3, 4)).astype("int32")], normal(rng, (3, 4, 3)))


def float8(keras, rng):
    layers = keras.layers
    model = keras.Sequential([keras.Input((6,)), layers.Dense(5), layers.Dense(3)])
    model.quantize("float8")
    model.compile("sgd", "mean_squared_error")
    return Built(model, [normal(rng, (4, 6))], normal(rng, (4, 3)))


FIXTURES = [
    Fixture(
        "assorted_dtypes",
        (JAX,),
        ("keras", "weights.h5", "arch.json"),
        assorted(["double"]),
        "bool, uint8, int8, int32, scalar, empty, float16, bfloat16 weights",
        needs_code=True,
    ),
    Fixture(
        "assorted_dtypes",
        (TENSORFLOW,),
        ("keras", "weights.h5"),
        assorted([]),
        "as the jax one, with int64 and float64",
        needs_code=True,
    ),
    Fixture(
        "assorted_dtypes_legacy",
        (JAX,),
        ("h5",),
        assorted(["double", "brain"]),
        "without bfloat16, which no Keras reads back from its own h5",
        needs_code=True,
    ),
    Fixture(
        "assorted_dtypes",
        (TF_KERAS,),
        ("keras", "h5", "legacyw.h5", "arch.json"),
        assorted(["brain"]),
        "bool, uint8, int8, int32, scalar, empty, float16, float64 weights",
        needs_code=True,
    ),
    Fixture(
        "string_weights",
        (TF_KERAS,),
        ("keras", "weights.h5", "h5"),
        strings,
        "a weight of dtype string; h5 cannot hold it",
        needs_code=True,
        needs_tf=True,
    ),
    Fixture(
        "lora",
        (JAX,),
        ("keras", "h5", "weights.h5"),
        low_rank,
        "Embedding and Dense with enable_lora(2)",
    ),
    Fixture("quant_float8", (JAX,), ("keras",), float8, 'quantize("float8")'),
]
