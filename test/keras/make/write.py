"""Writes the extra fixtures of one writer: `write.py WRITER FIXTURES_DIR [ID …]`.

WRITER is a folder name under test/fixtures; `node test/keras/make/run.ts` runs this for each
writer in its environment.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "python")]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

SEED = 20

WRITERS = {
    "keras-3.15.1-jax": ("jax", "keras {keras}/jax"),
    "keras-3.15.1-tensorflow": ("tensorflow", "keras {keras}/tensorflow"),
    "tf_keras-2.21.0": (None, "tf_keras {keras} (keras {keras})"),
    "tensorflow-2.13.1": (None, "tf.keras {tensorflow} (keras {keras})"),
}


def load_keras(writer):
    """The Keras that this writer is, and the words by which records call it."""
    backend, label = WRITERS[writer]
    if backend:
        os.environ["KERAS_BACKEND"] = backend
    if writer.startswith("tf_keras"):
        import tf_keras as keras
    else:
        import keras
    versions = {"keras": keras.__version__}
    if writer.startswith("tensorflow"):
        import tensorflow

        versions["tensorflow"] = tensorflow.__version__
    return keras, label.format(**versions)


def main(writer, fixtures_dir, *only):
    keras, label = load_keras(writer)
    import custom_made
    import record
    from models import ALL

    made = custom_made.made_objects(keras)
    for name, thing in made.items():
        keras.saving.register_keras_serializable("Cleave", name)(thing)

    for fixture in ALL:
        if writer in fixture.writers and (not only or fixture.id in only):
            print(writer, fixture.id, flush=True)
            record.write(keras, label, os.path.join(fixtures_dir, writer), fixture, SEED)


if __name__ == "__main__":
    main(*sys.argv[1:])
