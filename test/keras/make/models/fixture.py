from typing import Callable, NamedTuple

JAX = "keras-3.15.1-jax"
TENSORFLOW = "keras-3.15.1-tensorflow"
TF_KERAS = "tf_keras-2.21.0"
TF213 = "tensorflow-2.13.1"


class Fixture(NamedTuple):
    """One model: `build(keras, rng)` gives it built, with its inputs and, to train it, targets."""

    id: str
    writers: tuple
    formats: tuple
    build: Callable
    notes: str = ""
    needs_code: bool = False
    needs_tf: bool = False


class Built(NamedTuple):
    model: object
    inputs: list
    targets: object = None
