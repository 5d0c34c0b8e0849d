"""What h5py and zipfile say of a model file, its parts and the recombined file."""

import io
import zipfile

import h5py

from trees import differences, tree, united


def judge_files(case):
    judged, problems = [], []
    with open(case["original"], "rb") as file:
        is_zip = file.read(4) == b"PK\x03\x04"
    if is_zip:
        problems += compare_archives(case["original"], case["recombined"])
        judged.append("zip members")
    original = weights_of(case["original"], is_zip)
    problems += differences(original, weights_of(case["recombined"], is_zip), "recombined")
    judged.append("%d objects" % len(original))
    artifacts = [("", case["weights"])] if is_zip else [("model_weights", case["weights"])]
    artifacts += [("", path) for path in case["others"]]
    problems += united(original, [(prefix, tree_of(path)) for prefix, path in artifacts])
    judged.append("weights + %d other artifacts" % len(case["others"]))
    verdict = {"verdict": "failed" if problems else "passed", "judged": judged, "notes": []}
    if problems:
        verdict["reason"] = "; ".join(problems[:3])
    return verdict


def compare_archives(original, recombined):
    with zipfile.ZipFile(original) as a, zipfile.ZipFile(recombined) as b:
        if b.testzip() is not None:
            return ["testzip: %s is broken" % b.testzip()]
        problems = []
        if sorted(a.namelist()) != sorted(b.namelist()):
            problems.append("members %s instead of %s" % (b.namelist(), a.namelist()))
        for member in b.infolist():
            if member.compress_type != zipfile.ZIP_STORED:
                problems.append("%s is compressed" % member.filename)
        for name in set(a.namelist()) & set(b.namelist()) - {"model.weights.h5"}:
            if a.read(name) != b.read(name):
                problems.append("%s has other content" % name)
        return problems


def weights_of(path, is_zip):
    if not is_zip:
        return tree_of(path)
    with zipfile.ZipFile(path) as archive:
        return tree_of(io.BytesIO(archive.read("model.weights.h5")))


def tree_of(file):
    with h5py.File(file, "r") as opened:
        return tree(opened)
