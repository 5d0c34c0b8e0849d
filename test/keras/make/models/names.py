"""Names: long lists of them, odd ones, and classes that look like something else."""

from models.fixture import JAX, TF_KERAS, Built, Fixture
from models.trained import input_shape, normal

CHUNKED_COUNT = 36
LONGEST = 1900


def chunked(keras, rng):
    """Over 64,512 bytes of names twice: as layer_names, and as weight_names of the submodel.

    Chunks are arrays of fixed-width strings, so one long name among many is enough.
    """
    layers = keras.layers
    prelus = [layers.PReLU(name=lengthened("inner", i)) for i in range(CHUNKED_COUNT)]
    activations = [
        layers.Activation("linear", name=lengthened("outer", i)) for i in range(CHUNKED_COUNT)
    ]
    first = layers.InputLayer(**input_shape(keras, (2,)))
    inner = keras.Sequential([first, *prelus], name="inner")
    model = keras.Sequential([inner, *activations, layers.Dense(1, name="head")], name="chunked")
    model.build((None, 2))
    return Built(model, [normal(rng, (3, 2))])


def chunked_and_trained(keras, rng):
    model, inputs, _ = chunked(keras, rng)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mean_squared_error")
    return Built(model, inputs, normal(rng, (3, 1)))


def lengthened(kind, index):
    name = f"{kind}_{index}"
    return name.ljust(LONGEST, "x") if index == CHUNKED_COUNT - 2 else name


def named(names):
    def build(keras, rng):
        x = y = keras.Input((3,))
        for name in names:
            y = keras.layers.Dense(3, name=name)(y)
        model = keras.Model(x, y, name="odd_names")
        model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mean_squared_error")
        return Built(model, [normal(rng, (3, 3))], normal(rng, (3, 3)))

    return build


def trap_classes(keras, rng):
    made = keras.saving.get_registered_object
    traps = ["Optimizer", "Metrics", "Vars", "Layers", "__proto__", "constructor", "Box"]
    model = keras.Sequential(
        [
            keras.layers.InputLayer(**input_shape(keras, (4,))),
            *[made("Cleave>" + name)(name=f"trap_{i}") for i, name in enumerate(traps)],
        ]
    )
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mean_squared_error")
    return Built(model, [normal(rng, (3, 4))], normal(rng, (3, 2)))


ANY = ["__proto__", "constructor", "日本語 層", "a b  c", "ünïcode", "…", "\"quoted\\\""]
TF_LETS = ["constructor", "toString", "a.b-c", "weight_names", "optimizer_weights", "0"]

FIXTURES = [
    Fixture(
        "chunked_names",
        (JAX,),
        ("h5",),
        chunked,
        "layer_names0…, weight_names0…",
    ),
    Fixture(
        "chunked_names",
        (TF_KERAS,),
        ("h5",),
        chunked_and_trained,
        "layer_names0…, weight_names0…, also of the optimizer",
    ),
    Fixture(
        "odd_names",
        (JAX,),
        ("keras", "h5", "weights.h5", "arch.json"),
        named(ANY),
        "layers called __proto__, with spaces, quotes and non-ASCII letters",
    ),
    Fixture(
        "odd_names",
        (TF_KERAS,),
        ("keras", "h5", "legacyw.h5", "arch.json"),
        named(TF_LETS),
        "layer names that are attributes or methods elsewhere",
    ),
    Fixture(
        "trap_classes",
        (JAX, TF_KERAS),
        ("keras", "h5", "weights.h5", "arch.json"),
        trap_classes,
        "layer classes Optimizer, Metrics, Vars, __proto__ …: weights at layers/optimizer/vars/0",
        needs_code=True,
    ),
]
