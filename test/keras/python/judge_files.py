"""What h5py and zipfile say of a model file, its parts and the recombined file."""

import io
import zipfile

import h5py

from trees import differences, tree, united


def judge_files(case):
    judged, problems = (judge_pair if case["pair"] else judge_whole)(case)
    verdict = {"verdict": "failed" if problems else "passed", "judged": judged, "notes": []}
    if problems:
        verdict["reason"] = "; ".join(problems[:3])
    return verdict


def judge_whole(case):
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
    return judged, problems


def judge_pair(case):
    """The weights file of a pair must stand unchanged in what was made of it."""
    wanted, judged, problems = tree_of(case["weights"]), [], []
    is_zip = zipfile.is_zipfile(case["recombined"])
    if is_zip:
        with zipfile.ZipFile(case["recombined"]) as archive:
            problems += broken_or_compressed(archive)
        judged.append("zip members")
    given = weights_of(case["recombined"], is_zip)
    if not is_zip:
        given = below("model_weights", given)
    judged.append("%d objects" % len(wanted))
    return judged, problems + differences(wanted, given, "recombined")


def below(name, objects):
    inside = {path: thing for path, thing in objects.items() if (path + "/").startswith(name + "/")}
    return {path[len(name) + 1 :]: thing for path, thing in inside.items()}


def compare_archives(original, recombined):
    with zipfile.ZipFile(original) as a, zipfile.ZipFile(recombined) as b:
        problems = broken_or_compressed(b)
        if sorted(a.namelist()) != sorted(b.namelist()):
            problems.append("members %s instead of %s" % (b.namelist(), a.namelist()))
        for name in set(a.namelist()) & set(b.namelist()) - {"model.weights.h5"}:
            if a.read(name) != b.read(name):
                problems.append("%s has other content" % name)
        return problems


def broken_or_compressed(archive):
    broken = archive.testzip()
    problems = [] if broken is None else ["testzip: %s is broken" % broken]
    for member in archive.infolist():
        if member.compress_type != zipfile.ZIP_STORED:
            problems.append("%s is compressed" % member.filename)
    return problems


def weights_of(path, is_zip):
    if not is_zip:
        return tree_of(path)
    with zipfile.ZipFile(path) as archive:
        return tree_of(io.BytesIO(archive.read("model.weights.h5")))


def tree_of(file):
    with h5py.File(file, "r") as opened:
        return tree(opened)
