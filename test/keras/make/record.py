"""Trains one model for one step, saves it in its formats and writes its record."""

import hashlib
import json
import os
import platform

import h5py
import numpy as np

FORMATS = {"arch.json": "json", "legacyw.h5": "legacy-weights.h5"}
ADAPTED = ("mean", "variance", "count", "idf_weights")


def write(keras, label, folder, fixture, seed):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    built = fixture.build(keras, rng)
    model, inputs = built.model, [tensor(x) for x in built.inputs]
    randomise(model, rng)
    if built.targets is not None:
        model.fit(feed(inputs), built.targets, batch_size=len(built.targets), verbose=0)
    outputs = predict(model, inputs)
    os.makedirs(folder, exist_ok=True)
    files, errors = save_all(model, folder, fixture)
    record = describe(keras, label, fixture, built, outputs, files, errors, seed)
    arrays = {f"x{i}": x for i, x in enumerate(built.inputs)}
    arrays.update({f"y{i}": y for i, y in enumerate(outputs)})
    np.savez(os.path.join(folder, fixture.id + ".io.npz"), **arrays)
    for entry in files:
        if entry["format"] in ("h5", "keras"):
            entry.update(reload(keras, os.path.join(folder, entry["name"]), inputs, outputs))
    with open(os.path.join(folder, fixture.id + ".json"), "w") as file:
        json.dump(record, file, sort_keys=True)


def randomise(model, rng):
    """Random and non-zero weights where they are plain floats; variances stay positive."""
    for variable in variables_of(model):
        value = variable.numpy()
        last = variable.name.split(":")[0].split("/")[-1]
        if value.dtype == np.float32 and value.size and last not in ADAPTED:
            low, high = (0.5, 1.5) if "variance" in variable.name else (-0.5, 0.5)
            variable.assign(rng.uniform(low, high, value.shape).astype(value.dtype))


def variables_of(model):
    """All weights, without the vocabularies that tf.keras lists among them."""
    return [v for v in model.weights if hasattr(v, "numpy")]


def tensor(x):
    if x.dtype.kind != "U":
        return x
    import tensorflow as tf

    return tf.constant(x)


def feed(inputs):
    return inputs[0] if len(inputs) == 1 else inputs


def predict(model, inputs):
    outputs = model.predict_on_batch(feed(inputs))
    return [np.asarray(y) for y in (outputs if isinstance(outputs, list) else [outputs])]


def save_all(model, folder, fixture):
    files, errors = [], []
    for ending in fixture.formats:
        name = f"{fixture.id}.{ending}"
        path = os.path.join(folder, name)
        try:
            save(model, path, ending)
        except Exception as error:
            errors.append({"format": ending, "error": f"{type(error).__name__}: {error}"[:300]})
            if os.path.exists(path):
                os.remove(path)
            continue
        with open(path, "rb") as file:
            data = file.read()
        digest = hashlib.sha256(data).hexdigest()
        kind = FORMATS.get(ending, ending)
        files.append({"name": name, "format": kind, "bytes": len(data), "sha256": digest})
    return files, errors


def save(model, path, ending):
    if ending == "arch.json":
        with open(path, "w") as file:
            file.write(model.to_json())
    elif ending in ("weights.h5", "legacyw.h5"):
        model.save_weights(path)
    else:
        model.save(path)


def describe(keras, label, fixture, built, outputs, files, errors, seed):
    model = built.model
    optimizer = getattr(model, "optimizer", None) if built.targets is not None else None
    names = getattr(model, "input_names", None) or []
    return {
        "id": fixture.id,
        "writer": label,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "h5py": h5py.__version__,
        "seed": seed,
        "notes": fixture.notes,
        "tags": ["made-here"],
        "needs_code": fixture.needs_code,
        "needs_tf": fixture.needs_tf,
        "model_class": type(model).__name__,
        "compiled": optimizer is not None,
        "trained_steps": 1 if built.targets is not None else 0,
        "optimizer": type(optimizer).__name__ if optimizer else None,
        "files": files,
        "formats": sorted(entry["format"] for entry in files),
        "save_errors": errors,
        "inputs": [shape_of(f"x{i}", x) for i, x in enumerate(built.inputs)],
        "outputs": [shape_of(f"y{i}", y, named=False) for i, y in enumerate(outputs)],
        "layers": [
            {"class": type(layer).__name__, "name": layer.name, "trainable": layer.trainable}
            for layer in model.layers
        ],
        "n_params": int(sum(v.numpy().size for v in variables_of(model))),
        "weights": [variable_of(v) for v in variables_of(model)],
        "optimizer_variables": optimizer_variables(optimizer),
    }


def optimizer_variables(optimizer):
    if optimizer is None:
        return []
    variables = optimizer.variables
    return [variable_of(v) for v in (variables() if callable(variables) else variables)]


def shape_of(key, array, named=True):
    dtype = "string" if array.dtype.kind == "U" else array.dtype.name
    entry = {"key": key, "dtype": dtype, "shape": list(array.shape)}
    return dict(entry, name=None) if named else entry


def variable_of(variable):
    value = variable.numpy()
    is_text = value.dtype.kind == "O"
    data = b"\0".join(value.flat) if is_text else np.ascontiguousarray(value).tobytes()
    return {
        "name": getattr(variable, "path", variable.name),
        "dtype": "string" if is_text else value.dtype.name,
        "shape": list(value.shape),
        "sha256_16": hashlib.sha256(data).hexdigest()[:16],
    }


def reload(keras, path, inputs, outputs):
    try:
        model = keras.models.load_model(path, compile=False)
        again = predict(model, inputs)
    except Exception as error:
        return {"reloads_in_writer": False, "reload_error": f"{type(error).__name__}: {error}"[:300]}
    difference = max(float(np.abs(a - b).max()) for a, b in zip(again, outputs))
    return {"reloads_in_writer": True, "reload_max_abs_diff": difference}
