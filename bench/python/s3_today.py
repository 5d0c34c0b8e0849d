"""What people do without cleave: download with boto3, convert with h5py, upload with boto3.

s3_today.py split BUCKET MODEL PREFIX        a model to its parts
s3_today.py recombine BUCKET PREFIX MODEL    parts, as `cleave split` writes them, to a model

boto3 as it is: parts of 8 MiB, ten at a time.
"""

import json
import sys
import tempfile
import zipfile
from pathlib import Path

import boto3
import h5py

TRAINING = ("optimizer_weights", "optimizer", "metrics")


def main(verb, bucket, source, target):
    client = boto3.client("s3")
    with tempfile.TemporaryDirectory() as folder:
        {"split": split, "recombine": recombine}[verb](client, bucket, source, target, Path(folder))


def split(client, bucket, key, prefix, folder):
    model, parts = folder / Path(key).name, folder / "parts"
    client.download_file(bucket, key, str(model))
    parts.mkdir()
    (split_keras if model.suffix == ".keras" else split_h5)(model, parts)
    for part in parts.iterdir():
        client.upload_file(str(part), bucket, f"{prefix}/{part.name}")


def split_h5(model, parts):
    with h5py.File(model) as source:
        (parts / "architecture.json").write_text(source.attrs["model_config"])
        with h5py.File(parts / "model_weights.h5", "w") as target:
            copy_children(source["model_weights"], target)
        divide(source, parts)


def split_keras(model, parts):
    with zipfile.ZipFile(model) as archive:
        (parts / "architecture.json").write_bytes(archive.read("config.json"))
        # Reading inside the archive, byte by byte through Python, takes twice as long.
        unzipped = Path(archive.extract("model.weights.h5", model.parent / "unzipped"))
    with h5py.File(unzipped) as source:
        with h5py.File(parts / "model.weights.h5", "w") as target:
            copy_children(source, target, leave_out=TRAINING)
        divide(source, parts)


def divide(source, parts):
    with h5py.File(parts / "training.h5", "w") as target:
        for name in source:
            if name in TRAINING:
                source.copy(name, target)


def recombine(client, bucket, prefix, key, folder):
    listed = client.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/")
    for found in listed["Contents"]:
        client.download_file(bucket, found["Key"], str(folder / Path(found["Key"]).name))
    model = folder / f"recombined-{Path(key).name}"
    (to_keras if model.suffix == ".keras" else to_h5)(folder, model)
    client.upload_file(str(model), bucket, key)


def to_h5(folder, model):
    manifest = json.loads((folder / "manifest.json").read_text())
    with h5py.File(model, "w") as target:
        target.attrs["training_config"] = manifest["training"]["config"]
        target.attrs["model_config"] = (folder / "architecture.json").read_text()
        with h5py.File(folder / "model_weights.h5") as source:
            for name in ("keras_version", "backend"):
                target.attrs[name] = source.attrs[name]
            copy_children(source, target.create_group("model_weights"))
        with h5py.File(folder / "training.h5") as source:
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


def copy_children(source, target, leave_out=()):
    for name, value in source.attrs.items():
        target.attrs[name] = value
    for name in source:
        if name not in leave_out:
            source.copy(name, target)


main(*sys.argv[1:])
