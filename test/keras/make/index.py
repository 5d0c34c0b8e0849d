"""Says in each record made here what Keras 3.15.1 does with its files, then renews index.json.

`index.py BACKEND FIXTURES_DIR`: `numpy` tries the models that do without TensorFlow, `tensorflow`
those that need it.
"""

import json
import os
import sys

BACKEND = os.environ["KERAS_BACKEND"] = sys.argv[1]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np


def main(fixtures_dir):
    path = os.path.join(fixtures_dir, "index.json")
    with open(path) as file:
        index = {(entry["dir"], entry["id"]): entry for entry in json.load(file)}
    for folder in sorted(os.listdir(fixtures_dir)):
        for name in sorted(os.listdir(os.path.join(fixtures_dir, folder)) if "-" in folder else []):
            record = read_record(os.path.join(fixtures_dir, folder, name))
            if record and "made-here" in record["tags"] and is_ours(record):
                try_files(os.path.join(fixtures_dir, folder), record)
                write(os.path.join(fixtures_dir, folder, name), record)
                index[folder, record["id"]] = entry_of(folder, record)
    write(path, [index[key] for key in sorted(index)], indent=0)


def is_ours(record):
    return record["needs_tf"] == (BACKEND == "tensorflow")


def read_record(path):
    if not path.endswith(".json") or ".arch." in path or ".weights." in path:
        return None
    with open(path) as file:
        return json.load(file)


def try_files(folder, record):
    with np.load(os.path.join(folder, record["id"] + ".io.npz")) as io:
        inputs = [tensor(io[entry["key"]]) for entry in record["inputs"]]
        outputs = [io[entry["key"]] for entry in record["outputs"]]
    for entry in record["files"]:
        if entry["format"] in ("h5", "keras"):
            for key in ("keras3_error", "keras3_max_abs_diff"):
                entry.pop(key, None)
            entry.update(try_file(os.path.join(folder, entry["name"]), inputs, outputs))


def tensor(x):
    if BACKEND == "numpy":
        return x
    import tensorflow as tf

    return tf.constant(x)


def try_file(path, inputs, outputs):
    try:
        model = keras.models.load_model(path, compile=False)
        given = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:300]
        return answer(False, keras3_error=reason)
    given = given if isinstance(given, (list, tuple)) else [given]
    difference = max(float(np.abs(a - b).max()) for a, b in zip(given, outputs))
    return answer(True, keras3_max_abs_diff=difference)


def answer(loads, **more):
    return {"keras3_backend": BACKEND, "loads_in_keras_3_15_1": loads, **more}


def entry_of(folder, record):
    tried = [entry for entry in record["files"] if "loads_in_keras_3_15_1" in entry]
    return {
        "dir": folder,
        "id": record["id"],
        "record": record["id"] + ".json",
        "io": record["id"] + ".io.npz",
        "files": [entry["name"] for entry in record["files"]],
        "writer": record["writer"],
        "optimizer": record["optimizer"],
        "notes": record["notes"],
        "needs_code": record["needs_code"],
        "loads_in_keras_3_15_1": {e["name"]: e["loads_in_keras_3_15_1"] for e in tried},
        "max_abs_diff": {
            e["name"]: e["keras3_max_abs_diff"] for e in tried if "keras3_max_abs_diff" in e
        },
    }


def write(path, content, indent=None):
    with open(path, "w") as file:
        json.dump(content, file, sort_keys=True, indent=indent)


if __name__ == "__main__":
    main(*sys.argv[2:])
