"""Makes a .keras with holes where its tensors are, of any size, as Keras 3 would write it.

s3_sparse_keras.py OUT WIDTH LAYERS

Keras saves a narrow model; its tree and configuration are taken, each layer WIDTH wide. The archive
is as Python's zipfile makes it, with the weights stored; their CRC-32 is right.
"""

import os
import sys
import zipfile
import zlib
from pathlib import Path

import h5py
import keras
import numpy as np

NARROW = 97  # stands for the width in the model that Keras saves
CHUNK = 16 * 1024 * 1024


def main(out, width, count):
    target, width = Path(out), int(width)
    small = target.with_name("small-" + target.name)
    weights = target.with_name("weights-" + target.name + ".h5")
    unfinished = target.with_name("unfinished-" + target.name)
    save_narrow(small, int(count))
    with zipfile.ZipFile(small) as archive:
        narrow = Path(archive.extract("model.weights.h5", target.with_name("narrow")))
        texts = {name: archive.read(name).decode() for name in ("metadata.json", "config.json")}
    with h5py.File(narrow) as source, h5py.File(weights, "w") as wide:
        widen(source, wide, width)
    texts["config.json"] = wider(texts["config.json"], width)
    archive_sparse(unfinished, texts, weights)
    for path in (small, narrow, weights):
        path.unlink()
    narrow.parent.rmdir()
    unfinished.rename(target)


def save_narrow(path, count):
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(NARROW, name=f"dense_{i}") for i in range(count)]
    model = keras.Sequential([keras.Input((NARROW,)), *layers], name="bench")
    model.compile(keras.optimizers.Adam(), keras.losses.MeanSquaredError())
    one = np.ones((1, NARROW), "float32")
    model.fit(one, one, verbose=0)
    model.save(path)


def widen(source, target, width):
    for name, value in source.attrs.items():
        target.attrs[name] = value
    for name, child in source.items():
        if isinstance(child, h5py.Group):
            widen(child, target.create_group(name), width)
        elif NARROW in child.shape:
            shape = tuple(width if side == NARROW else side for side in child.shape)
            reserve(target, name, shape, child.dtype)
        else:
            source.copy(child, target, name)


def reserve(group, name, shape, dtype):
    """A contiguous dataset with its place in the file, nothing written there."""
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_layout(h5py.h5d.CONTIGUOUS)
    creation.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    creation.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    space = h5py.h5s.create_simple(shape)
    h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(dtype), space, creation)


def wider(text, width):
    text = text.replace(f'"units": {NARROW}', f'"units": {width}')
    return text.replace(f"null, {NARROW}]", f"null, {width}]")


def archive_sparse(path, texts, weights):
    """zipfile writes all but the member's bytes, of which only those that are not zero are written."""
    member = zipfile.ZipInfo("model.weights.h5")
    member.file_size = member.compress_size = weights.stat().st_size
    member.CRC = crc32_of(weights)
    with open(path, "wb") as file, zipfile.ZipFile(file, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
        member.header_offset = file.tell()
        file.write(member.FileHeader(zip64=True))
        start = file.tell()
        with open(weights, "rb") as source:
            for offset, length in extents(source.fileno()):
                source.seek(offset)
                file.seek(start + offset)
                file.write(source.read(length))
        file.seek(start + member.file_size)
        archive.filelist.append(member)
        archive.NameToInfo[member.filename] = member
        archive.start_dir = file.tell()
        archive._didModify = True
    descriptor = os.open(path, os.O_RDWR)
    os.fsync(descriptor)
    os.close(descriptor)


def crc32_of(path):
    crc = 0
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc


def extents(descriptor):
    """Offset and length of everything in a file that is not a hole."""
    size = os.fstat(descriptor).st_size
    end = 0
    while end < size:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError:
            return  # nothing but a hole to the end
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, end - start


main(*sys.argv[1:])
