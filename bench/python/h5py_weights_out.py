"""Copies the weights and the architecture out of a model with h5py.

h5py_weights_out.py MODEL FOLDER
"""

import sys
import zipfile
from pathlib import Path

import h5py
from durable import flush


def main(model, folder):
    folder = Path(folder)
    folder.mkdir()
    take = from_keras if zipfile.is_zipfile(model) else from_h5
    for path in take(model, folder):
        flush(path)
    flush(folder)


def from_h5(model, folder):
    architecture, weights = folder / "architecture.json", folder / "model_weights.h5"
    with h5py.File(model) as source, h5py.File(weights, "w") as target:
        architecture.write_text(source.attrs["model_config"])
        copy_children(source["model_weights"], target)
    return architecture, weights


def from_keras(model, folder):
    architecture, weights = folder / "architecture.json", folder / "model.weights.h5"
    with zipfile.ZipFile(model) as archive:
        architecture.write_bytes(archive.read("config.json"))
        # Reading inside the archive, byte by byte through Python, takes twice as long.
        unzipped = Path(archive.extract("model.weights.h5", folder / "unzipped"))
    with h5py.File(unzipped) as source, h5py.File(weights, "w") as target:
        copy_children(source, target, leave_out=("optimizer", "metrics"))
    unzipped.unlink()
    unzipped.parent.rmdir()
    return architecture, weights


def copy_children(source, target, leave_out=()):
    for name, value in source.attrs.items():
        target.attrs[name] = value
    for name in source:
        if name not in leave_out:
            source.copy(name, target)


main(*sys.argv[1:])
