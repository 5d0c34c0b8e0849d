"""Judges one model file that cleave took apart and put together again."""

import json
import os
import shutil
import zipfile

import numpy as np

from training_state import first_difference, training_state
from which_keras import forget_models, is_multi_backend, predict


class Refusal(Exception):
    """What cleave wrote is not what it should be."""


def judge_model(keras, custom, case):
    """The verdict on a case, as `run.ts` wants it."""
    forget_models(keras)
    inputs, expected = recorded(case)
    try:
        original, compiled, uncompiled_reason = load(keras, custom, case["original"])
        at_first = predict(keras, original, inputs)
    except Exception as error:
        return {"verdict": "not loadable", "reason": short(error)}
    notes, judged, differences = [], [], []
    own = difference(at_first, expected)
    if not own <= case["tolerance"]:
        notes.append("plain Keras is %.0e from y; compared with plain Keras" % own)
        expected = at_first
    limit = allowed(case, expected)
    try:
        by_parts(keras, custom, case, original, inputs, expected, limit, judged, notes, differences)
        again, _, _ = load(keras, custom, case["recombined"], compiled)
        differences.append(difference(predict(keras, again, inputs), expected))
        check("recombined", differences[-1], limit)
        judged.append("recombined")
        if compiled:
            state = training_state(keras, original)
            wrong = first_difference(state, training_state(keras, again))
            if wrong:
                raise Refusal("training state: " + wrong)
            judged.append("%d training variables" % len(state))
        elif uncompiled_reason:
            notes.append("plain Keras cannot compile it: " + uncompiled_reason)
    except Exception as error:
        return dict(answer("failed", judged, differences, notes), reason=short(error))
    return answer("passed", judged, differences, notes)


def judge_pair(keras, custom, case):
    """A to_json() file and a save_weights() file, put together by cleave."""
    forget_models(keras)
    inputs, expected = recorded(case)
    differences = []
    try:
        model = load_model(keras, custom, case["recombined"], False)
        differences.append(difference(predict(keras, model, inputs), expected))
        check("recombined", differences[0], allowed(case, expected))
    except Exception as error:
        try:
            control = control_of_pair(keras, custom, case)
            own = difference(predict(keras, control, inputs), expected)
        except Exception as reason:
            return {"verdict": "not loadable", "reason": "by plain Keras: " + short(reason)}
        if differences and abs(own - differences[0]) <= case["tolerance"]:
            return {"verdict": "not loadable", "reason": "plain Keras is %.0e from y" % own}
        return dict(answer("failed", [], differences, []), reason=short(error))
    return answer("passed", ["recombined pair"], differences, [])


def by_parts(keras, custom, case, original, inputs, expected, limit, judged, notes, differences):
    """architecture.json by model_from_json, then load_weights of the weights artifact.

    A Keras of another family than the writer's takes the weights only, into the original's model.
    """
    if case["other_family"]:
        model, _, _ = load(keras, custom, case["original"], False)
        model.set_weights([np.zeros_like(value) for value in model.get_weights()])
        model.load_weights(case["weights"])
        differences.append(difference(predict(keras, model, inputs), expected))
        check("weights", differences[-1], limit)
        judged.append("weights")
        return
    if case["assets"]:
        notes.append("assets: judged by the recombined file")
        return
    try:
        with open(case["architecture"], encoding="utf-8") as file:
            text = file.read()
        model = from_parts(keras, custom, text, case["weights"], inputs)
        found = difference(predict(keras, model, inputs), expected)
        check("architecture + weights", found, limit)
    except Exception as error:
        own = own_difference_by_parts(keras, custom, case, original, inputs, expected)
        if isinstance(own, str):
            notes.append("by parts plain Keras fails too: " + own)
            return
        if own > limit:
            notes.append("by parts plain Keras is %.0e off too" % own)
            return
        if isinstance(error, Refusal):
            raise
        raise Refusal("architecture + weights: " + short(error))
    differences.append(found)
    judged.append("architecture + weights")


def own_difference_by_parts(keras, custom, case, original, inputs, expected):
    """How far off plain Keras is with its own JSON and the original weights, or its error."""
    try:
        weights = own_weights(case)
        model = from_parts(keras, custom, original.to_json(), weights, inputs)
        return difference(predict(keras, model, inputs), expected)
    except Exception as error:
        return short(error)


def own_weights(case):
    if not zipfile.is_zipfile(case["original"]):
        copy = case["recombined"] + ".original.h5"
        shutil.copy(case["original"], copy)
        return copy
    copy = case["recombined"] + ".original.weights.h5"
    with zipfile.ZipFile(case["original"]) as archive, open(copy, "wb") as file:
        file.write(archive.read("model.weights.h5"))
    return copy


def control_of_pair(keras, custom, case):
    with open(case["architecture"], encoding="utf-8") as file:
        text = file.read()
    return from_parts(keras, custom, text, case["weights"], recorded(case)[0])


def from_parts(keras, custom, text, weights, inputs):
    model = keras.models.model_from_json(text, custom_objects=custom)
    if not model.weights:
        predict(keras, model, inputs)
    model.load_weights(weights)
    return model


def load(keras, custom, path, compiled=None):
    """The model, compiled where its Keras can, and why it could not."""
    if compiled is not None:
        return load_model(keras, custom, path, compiled), compiled, None
    try:
        return load_model(keras, custom, path, True), True, None
    except Exception as error:
        forget_models(keras)
        return load_model(keras, custom, path, False), False, short(error)


def load_model(keras, custom, path, compile_it):
    if path.endswith(".hdf5inside.keras"):
        copy = path + ".h5"
        shutil.copy(path, copy)
        path = copy
    return keras.models.load_model(path, custom_objects=custom, compile=compile_it)


def recorded(case):
    with open(case["record"]) as file:
        record = json.load(file)
    with np.load(case["io"]) as io:
        inputs = [io[entry["key"]] for entry in record["inputs"]]
        expected = [io[entry["key"]] for entry in record["outputs"]]
    names = [entry["name"] for entry in record["inputs"]]
    if any(names):
        inputs = dict(zip(names, inputs))
    return inputs, expected


def difference(outputs, expected):
    """The largest |Δ|; infinite where shapes differ or one has a NaN that the other lacks."""
    if sorted(y.shape for y in outputs) != sorted(y.shape for y in expected):
        return float("inf")
    largest = 0.0
    for given, wanted in zip(outputs, expected):
        if given.shape != wanted.shape or (np.isnan(given) != np.isnan(wanted)).any():
            return float("inf")
        delta = np.abs(given.astype("float64") - wanted.astype("float64"))
        largest = max(largest, float(np.nanmax(delta)) if delta.size else 0.0)
    return largest


def allowed(case, expected):
    scale = max([1.0] + [float(np.nanmax(np.abs(y))) for y in expected if y.size])
    return case["tolerance"] * scale


def check(what, found, limit):
    if not found <= limit:
        raise Refusal("%s: off by %.1e, allowed are %.1e" % (what, found, limit))


def answer(verdict, judged, differences, notes):
    return {
        "verdict": verdict,
        "judged": judged,
        "difference": max(differences) if differences else None,
        "notes": notes,
    }


def short(error):
    text = " ".join(str(error).split())
    kind = "" if isinstance(error, Refusal) else type(error).__name__ + ": "
    return (kind + text)[:240]
