"""Makes broken models with Keras 3, and judges what `cleave doctor` makes of them.

doctor.py make FOLDER    writes models, broken copies of them, and cases.json
doctor.py judge FOLDER   prints a line of JSON with a verdict for each case
"""

import io
import json
import os
import sys
import zipfile

os.environ.setdefault("KERAS_BACKEND", "jax")

import h5py
import keras
import numpy as np

FOLDER = sys.argv[2]
LAYERS = 24


def at(name):
    return os.path.join(FOLDER, name)


def model_of(loss, outputs=1, layers=2):
    x = inputs = keras.Input((6,))
    for _ in range(layers):
        x = keras.layers.Dense(6)(x)
    heads = [keras.layers.Dense(3, name=f"head_{i}")(x) for i in range(outputs)]
    model = keras.Model(inputs, heads if outputs > 1 else heads[0])
    model.compile("adam", loss=loss)
    target = np.ones((4, 3))
    model.train_on_batch(np.ones((4, 6)), [target] * outputs if outputs > 1 else target)
    return model


def read(name):
    with open(at(name), "rb") as file:
        return file.read()


def write(name, data):
    with open(at(name), "wb") as file:
        file.write(data)


def repacked(data, change=None, compression=zipfile.ZIP_STORED):
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", compression) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if change and name.endswith(".h5") else content)
    return target.getvalue()


def without_marks(data):
    file = io.BytesIO(data)
    with h5py.File(file, "a") as tree:
        tree.visititems(lambda _, node: node.attrs.pop("dtype", None) and None)
    return file.getvalue()


def make():
    os.makedirs(FOLDER, exist_ok=True)
    cases = []

    def broken(name, original, data):
        write(name, data)
        cases.append({"kind": "repair", "file": name, "original": original})

    aliases = ["mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "bce", "BCE", "kld", "KLD"]
    losses = [*((alias, alias, 1) for alias in aliases), ("list", ["mse", "bce"], 2)]
    losses.append(("dict", {"head_0": "mae", "head_1": "kld"}, 2))
    for title, loss, outputs in losses:
        name = f"loss_{title}_{outputs}.h5"
        model_of(loss, outputs).save(at(name))
        broken(f"broken_{name}", name, read(name))
    model_of("mean_squared_error").save(at("whole.keras"))
    model_of("mean_squared_error").save(at("whole.h5"))
    archive, legacy = read("whole.keras"), read("whole.h5")
    broken("wrong.h5", "whole.keras", archive)
    broken("wrong.keras", "whole.h5", legacy)
    broken("before.keras", "whole.keras", b"<html>" * 50 + archive)
    broken("behind.keras", "whole.keras", archive + b"</html>" * 50)
    broken("before.h5", "whole.h5", b"\0" * 777 + legacy)
    broken("behind.h5", "whole.h5", legacy + b"\0" * 777)
    broken("deflated.keras", "whole.keras", repacked(archive, None, zipfile.ZIP_DEFLATED))
    keras.config.set_dtype_policy("bfloat16")
    model_of("mean_squared_error").save(at("bfloat16.keras"))
    keras.config.set_dtype_policy("float32")
    broken("unmarked.keras", "bfloat16.keras", repacked(read("bfloat16.keras"), without_marks))
    deep = model_of("mean_squared_error", layers=LAYERS)
    for name in ("deep.keras", "deep.h5"):
        deep.save(at(name))
        data = read(name)
        for percent in (25, 50, 75, 95):
            cut = f"cut_{percent}_{name}"
            write(cut, data[: len(data) * percent // 100])
            cases.append({"kind": "salvage", "file": cut, "original": name})
    write("cases.json", json.dumps(cases).encode())


def judge():
    for case in json.loads(read("cases.json")):
        try:
            reason = repaired(case) if case["kind"] == "repair" else salvaged(case)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the verdict
            reason = f"{type(error).__name__}: {str(error)[:300]}"
        print(json.dumps({"title": f"{case['kind']} {case['file']}", "reason": reason}), flush=True)


def repaired(case):
    with open(at(case["file"] + ".out")) as file:
        found = keras.models.load_model(file.read())
    original = case["original"]
    known = keras.models.load_model(at(original), compile=not original.startswith("loss_"))
    for mine, theirs in zip(found.get_weights(), known.get_weights(), strict=True):
        if not np.array_equal(mine, theirs):
            return "the weights are others"
    if not found.compiled:
        return "the model is not compiled"
    return None


def tensors_of(path):
    tensors = {}
    if path.endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            path = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(path, "r") as tree:
        def visit(name, node):
            if isinstance(node, h5py.Dataset):
                tensors[name.removeprefix("model_weights/")] = node[()].tobytes()

        tree.visititems(visit)
    return tensors


def salvaged(case):
    folder = at(case["file"] + ".saved")
    with open(os.path.join(folder, "salvage.json")) as file:
        report = json.load(file)
    known = tensors_of(at(case["original"]))
    found = {}
    for name in {tensor["file"] for tensor in report["complete"]}:
        found.update(tensors_of(os.path.join(folder, name)))
    for name, data in found.items():
        if known.get(name) != data:
            return f"{name} is not the tensor of that name"
    if len(found) != len(report["complete"]):
        return f"{len(found)} tensors, {len(report['complete'])} are listed"
    with open(os.path.join(folder, "architecture.json")) as file:
        model = keras.models.model_from_json(file.read())
    expected = len(model.weights)
    weights = [t for t in report["complete"] if t["file"].startswith("model")]
    if len(weights) + len(report["missing"]) != expected:
        return f"{len(weights)} complete and {len(report['missing'])} missing of {expected}"
    if weights:
        file = os.path.join(folder, weights[0]["file"])
        options = {} if file.endswith(".weights.h5") else {"by_name": True}
        model.load_weights(file, skip_mismatch=True, **options)
    return None


{"make": make, "judge": judge}[sys.argv[1]]()
