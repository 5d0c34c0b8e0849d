"""Puts a folder of `cleave split` together to a model with h5py.

h5py_weights_back.py FOLDER MODEL  (MODEL says by its name whether .h5 or .keras)
"""

import json
import sys
import zipfile
from pathlib import Path

import h5py
from durable import flush


def main(folder, model):
    put = to_keras if model.endswith(".keras") else to_h5
    put(Path(folder), Path(model))
    flush(model)
    flush(Path(model).parent)


def to_h5(folder, model):
    weights, training = folder / "model_weights.h5", folder / "training.h5"
    training_config = json.loads((folder / "manifest.json").read_text())["training"]["config"]
    with h5py.File(model, "w") as target:
        target.attrs["training_config"] = training_config
        target.attrs["model_config"] = (folder / "architecture.json").read_text()
        with h5py.File(weights) as source:
            for name in ("keras_version", "backend"):
                target.attrs[name] = source.attrs[name]
            copy_children(source, target.create_group("model_weights"))
        with h5py.File(training) as source:
            copy_children(source, target)


def to_keras(folder, model):
    unzipped = model.with_suffix(".weights.h5")
    with h5py.File(unzipped, "w") as target:
        for part in ("model.weights.h5", "training.h5"):
            with h5py.File(folder / part) as source:
                copy_children(source, target)
    version = json.loads((folder / "manifest.json").read_text())["model"]["kerasVersion"]
    with zipfile.ZipFile(model, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.write(folder / "architecture.json", "config.json")
        archive.write(unzipped, "model.weights.h5")
    unzipped.unlink()


def copy_children(source, target):
    for name, value in source.attrs.items():
        target.attrs[name] = value
    for name in source:
        source.copy(name, target)


main(*sys.argv[1:])
