"""Subclassed models with optimizers, or layers, under names that end in `optimizer`."""

from models.fixture import JAX, TF_KERAS, Built, Fixture
from models.trained import normal


def gan(keras, rng):
    model = keras.saving.get_registered_object("Cleave>Gan")(name="gan")
    x = normal(rng, (3, 2))
    model(x)
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.optimizers.SGD(0.01, momentum=0.9),
        optimizer=keras.optimizers.RMSprop(0.01),
        loss="mean_squared_error",
    )
    for own in (model.d_optimizer, model.g_optimizer):
        used(own, rng)
    return Built(model, [x], normal(rng, (3, 1)))


def used(optimizer, rng):
    """State as after three steps: fit() updates only `optimizer`, and zeros would prove nothing."""
    optimizer.iterations.assign(3)
    for variable in optimizer.variables:
        shape = variable.numpy().shape
        if shape:
            variable.assign(rng.uniform(0.1, 0.5, shape).astype("float32"))


def critic(keras, rng):
    model = keras.saving.get_registered_object("Cleave>Critic")(name="critic")
    x = normal(rng, (3, 4))
    model(x)
    model.compile(keras.optimizers.Adam(0.01), "mean_squared_error")
    return Built(model, [x], normal(rng, (3, 2)))


FIXTURES = [
    Fixture(
        "gan",
        (JAX, TF_KERAS),
        ("keras", "weights.h5"),
        gan,
        "attributes d_optimizer and g_optimizer hold optimizers",
        needs_code=True,
    ),
    Fixture(
        "critic",
        (JAX, TF_KERAS),
        ("keras", "weights.h5"),
        critic,
        "attributes d_optimizer and metrics_head hold Dense layers",
        needs_code=True,
    ),
]
