"""What h5py sees in HDF5 files: h5py_tree.py < paths

Prints a line of JSON for each: every object with its attributes, and a digest of every dataset's
values, or why there is none. Each file is read in a process of its own, which libhdf5 can end.
"""

import hashlib
import json
import os
import resource
import signal
import sys

import h5py
import numpy


def text(value):
    return value.encode("utf8", "surrogateescape") if isinstance(value, str) else bytes(value)


def values(array):
    """The name of the type and the bytes, little-endian and in C order."""
    if isinstance(array, str):
        return "string", text(array)
    array = numpy.asarray(array)
    if array.dtype.kind == "O":
        strings = [text(value) for value in array.ravel()]
        return "string", b"\0".join(strings)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    name = array.dtype.name
    if array.dtype.kind in "SV":
        name = f"{array.dtype.kind}{array.dtype.itemsize}"
    return name, numpy.ascontiguousarray(array).tobytes()


def seen(item):
    name, content = values(item[()]) if isinstance(item, h5py.Dataset) else (None, b"")
    attributes = {}
    for key, value in item.attrs.items():
        if isinstance(value, h5py.Empty):
            attributes[key] = "empty"
        else:
            kind, data = values(value)
            attributes[key] = hashlib.sha256(data).hexdigest() + " " + kind
    shape = list(item.shape) if name is not None and item.shape is not None else None
    return {
        "dtype": name,
        "shape": shape,
        "sha256": hashlib.sha256(content).hexdigest() if name is not None else None,
        "attributes": attributes,
    }


def tree(path):
    with h5py.File(path, "r") as file:
        objects = {"": seen(file)}
        file.visititems(lambda name, item: objects.__setitem__(name, seen(item)))
        return objects


def child(path, pipe):
    resource.setrlimit(resource.RLIMIT_CPU, (10, 11))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        answer = {"objects": tree(path)}
    except BaseException as error:  # no opinion, whatever the reason
        answer = {"error": f"{type(error).__name__}: {error}"[:300]}
    with os.fdopen(pipe, "wb") as out:
        out.write(json.dumps(answer).encode("utf8", "surrogatepass"))
    os._exit(0)


for line in sys.stdin:
    path = line.rstrip("\n")
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        child(path, write)
    os.close(write)
    with os.fdopen(read, "rb") as answers:
        said = answers.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        said = json.dumps({"error": signal.Signals(os.WTERMSIG(status)).name}).encode()
    sys.stdout.write(said.decode("utf8", "replace") + "\n")
    sys.stdout.flush()
