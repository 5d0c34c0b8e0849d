"""Judges one model file that cleave took apart and put together again."""

import json
import os
import shutil
import zipfile

import numpy as np

from training_state import first_difference, training_state
from which_keras import forget_models, load_file, predict


class Refusal(Exception):
    """What cleave wrote is not what it should be."""


def judge_model(keras, custom, case):
    """The verdict on a case, as `run.ts` wants it."""
    forget_models(keras)
    inputs, expected = recorded(case)
    try:
        original, compiled, uncompiled_reason = load(keras, custom, loadable_name(case))
        at_first = predict(keras, original, inputs)
    except Exception as error:
        return {"verdict": "not loadable", "reason": short(error)}
    notes, judged, differences = [], [], []
    own = difference(at_first, expected)
    if not own <= allowed(case, expected):
        notes.append("plain Keras is %.0e from y; compared with plain Keras" % own)
        expected = at_first
    limit = allowed(case, expected)
    try:
        by_parts(keras, custom, case, original, inputs, expected, limit, judged, notes, differences)
        again, _, _ = load(keras, custom, case["recombined"], compiled)
        differences.append(difference(predict(keras, again, inputs), expected))
        check("recombined", differences[-1], limit)
        check_weights("recombined", original, again)
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
        model = load_file(keras, case["recombined"], custom, False)
        differences.append(difference(predict(keras, model, inputs), expected))
        check("recombined", differences[0], allowed(case, expected))
    except Exception as error:
        reason = why_plain_keras_fails(keras, custom, case, inputs, expected)
        if reason:
            return {"verdict": "not loadable", "reason": reason}
        return dict(answer("failed", [], differences, []), reason=short(error))
    return answer("passed", ["recombined pair"], differences, [])


def by_parts(keras, custom, case, original, inputs, expected, limit, judged, notes, differences):
    """architecture.json by model_from_json, then load_weights of the weights artifact.

    A Keras of another family than the writer's may read an architecture in whole models only; the
    weights then go into the original's model.
    """
    if case["assets"]:
        notes.append("assets: judged by the recombined file")
        return
    try:
        with open(case["architecture"], encoding="utf-8") as file:
            text = file.read()
        model = from_parts(keras, custom, text, case["weights"], inputs)
        found = difference(predict(keras, model, inputs), expected)
        check("architecture + weights", found, limit)
        check_weights("architecture + weights", original, model)
    except Exception as error:
        if case["other_family"]:
            model, _, _ = load(keras, custom, loadable_name(case), False)
            model.set_weights([np.zeros_like(value) for value in model.get_weights()])
            model.load_weights(case["weights"])
            differences.append(difference(predict(keras, model, inputs), expected))
            check("weights", differences[-1], limit)
            check_weights("weights", original, model)
            judged.append("weights")
            notes.append("no model_from_json of another family's text: " + short(error))
            return
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


def loadable_name(case):
    """Keras goes by the ending; an HDF5 file called .keras needs another name."""
    if zipfile.is_zipfile(case["original"]) or case["original"].endswith(".h5"):
        return case["original"]
    copy = case["recombined"] + ".original.h5"
    shutil.copy(case["original"], copy)
    return copy


def own_weights(case):
    if not zipfile.is_zipfile(case["original"]):
        return loadable_name(case)
    copy = case["recombined"] + ".original.weights.h5"
    with zipfile.ZipFile(case["original"]) as archive, open(copy, "wb") as file:
        file.write(archive.read("model.weights.h5"))
    return copy


def why_plain_keras_fails(keras, custom, case, inputs, expected):
    """None if plain Keras does take the two files, and the whole model its writer made of them."""
    try:
        with open(case["architecture"], encoding="utf-8") as file:
            model = from_parts(keras, custom, file.read(), case["weights"], inputs)
        own = difference(predict(keras, model, inputs), expected)
        if own > allowed(case, expected):
            return "plain Keras is %.0e from y with the two files" % own
    except Exception as error:
        return "plain Keras with the two files: " + short(error)
    if case["whole"]:
        try:
            load_file(keras, case["whole"], custom, False)
        except Exception as error:
            return "plain Keras with the writer's own model file: " + short(error)
    return None


def from_parts(keras, custom, text, weights, inputs):
    model = keras.models.model_from_json(text, custom_objects=custom)
    if not model.weights:
        predict(keras, model, inputs)
    model.load_weights(weights)
    return model


def load(keras, custom, path, compiled=None):
    """The model, compiled where its Keras can, and why it could not."""
    if compiled is not None:
        return load_file(keras, path, custom, compiled), compiled, None
    try:
        return load_file(keras, path, custom, True), True, None
    except Exception as error:
        forget_models(keras)
        return load_file(keras, path, custom, False), False, short(error)


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


def check_weights(what, original, model):
    """Outputs alone do not tell: a unit may be dead for all recorded inputs."""
    wanted, given = original.get_weights(), model.get_weights()
    if len(wanted) != len(given):
        raise Refusal("%s: %d weights instead of %d" % (what, len(given), len(wanted)))
    for number, (a, b) in enumerate(zip(map(np.asarray, wanted), map(np.asarray, given))):
        if a.dtype != b.dtype or a.shape != b.shape or content(a) != content(b):
            raise Refusal("%s: weight %d is not the original's" % (what, number))


def content(value):
    return value.tolist() if value.dtype.kind == "O" else value.tobytes()


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
