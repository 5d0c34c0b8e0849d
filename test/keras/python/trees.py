"""HDF5 trees as h5py sees them: every name, attribute, string type, dtype, shape and byte."""

import h5py
import numpy as np


def tree(file):
    """All objects by path; the root is the empty path."""
    objects = {"": describe(file)}
    walk(file, "", objects)
    return objects


def walk(group, path, objects):
    for name in group:
        link = group.get(name, getlink=True)
        inner = (path + "/" if path else "") + name
        if not isinstance(link, h5py.HardLink):
            objects[inner] = {"link": repr(link)}
            continue
        thing = group[name]
        objects[inner] = describe(thing)
        if isinstance(thing, h5py.Group):
            walk(thing, inner, objects)


def describe(thing):
    attributes = {name: describe_attribute(thing, name) for name in thing.attrs}
    if isinstance(thing, h5py.Group):
        return {"kind": "group", "attributes": attributes}
    low = thing.id
    return {
        "kind": "dataset",
        "attributes": attributes,
        "type": low.get_type().encode(),
        "shape": (low.get_space().get_simple_extent_type(), thing.shape, thing.maxshape),
        "filters": (thing.chunks, thing.compression),
        "value": content(thing[()] if thing.shape is not None else None),
    }


def describe_attribute(thing, name):
    low = thing.attrs.get_id(name)
    space = low.get_space()
    return (
        low.get_type().encode(),
        space.get_simple_extent_type(),
        space.shape,
        content(thing.attrs[name]),
    )


def content(value):
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "O":
            return [bytes_of(item) for item in value.flat]
        return value.tobytes()
    return bytes_of(value)


def bytes_of(value):
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, np.generic):
        return value.tobytes()
    return value


def differences(wanted, given, name):
    problems = []
    for path in sorted(set(wanted) | set(given)):
        if path not in given:
            problems.append("%s lacks %s" % (name, path or "/"))
        elif path not in wanted:
            problems.append("%s has %s too much" % (name, path or "/"))
        elif wanted[path] != given[path]:
            problems.append("%s: %s differs in %s" % (name, path or "/", parts_that_differ(
                wanted[path], given[path])))
    return problems


def parts_that_differ(wanted, given):
    parts = [part for part in sorted(set(wanted) | set(given)) if wanted.get(part) != given.get(part)]
    if parts == ["attributes"]:
        a, b = wanted["attributes"], given["attributes"]
        return "attributes " + ", ".join(k for k in sorted(set(a) | set(b)) if a.get(k) != b.get(k))
    return ", ".join(parts)


def united(original, artifacts):
    """Problems of artifacts as parts of a whole: nothing lost, changed, or held twice.

    The root's attributes stand in the manifest, so only its children count.
    """
    problems, datasets, groups = [], {}, {}
    for prefix, objects in artifacts:
        for path, thing in objects.items():
            inner = "/".join(part for part in (prefix, path) if part)
            if not inner:
                continue
            if thing.get("kind") == "group":
                groups.setdefault(inner, {}).update(thing["attributes"])
            elif inner in datasets:
                problems.append("%s is in two artifacts" % inner)
            else:
                datasets[inner] = thing
    for path, thing in original.items():
        if not path:
            continue
        if thing.get("kind") == "group":
            if groups.get(path) != thing["attributes"]:
                problems.append("artifacts: group %s is missing or differs" % path)
        elif datasets.get(path) != thing:
            problems.append("artifacts: %s is missing or differs" % path)
    extra = (set(datasets) | set(groups)) - set(original)
    return problems + ["artifacts have %s too much" % path for path in sorted(extra)]
