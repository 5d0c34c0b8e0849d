"""Writes packed HDF5 files with h5py and h5repack, and index.json with what h5py reads in them.

    python test/hdf5/packed/make.py        (h5py 3.16, HDF5 2.0; h5repack 1.10.8)

An index entry is a file's datasets: path -> dtype in little-endian order, shape, and the SHA-256
of the values, little-endian and in C order.
"""

import hashlib
import json
import pathlib
import subprocess

import h5py
import ml_dtypes
import numpy as np

here = pathlib.Path(__file__).parent
values = np.random.default_rng(1)


def floats(*shape):
    return values.integers(-50, 50, shape).astype("<f4") / 4


def filters(file):
    kernel = floats(37, 11)
    chunked = {"chunks": (8, 5)}
    file.create_dataset("chunked", data=kernel, **chunked)
    file.create_dataset("gzip", data=kernel, compression="gzip", **chunked)
    file.create_dataset("shuffle gzip", data=kernel, shuffle=True, compression=9, **chunked)
    file.create_dataset("fletcher32", data=kernel, fletcher32=True, **chunked)
    file.create_dataset(
        "shuffle gzip fletcher32", data=kernel, shuffle=True, compression=4, fletcher32=True, **chunked
    )
    file.create_dataset("scaleoffset float", data=kernel, scaleoffset=2, **chunked)
    integers = values.integers(-1000, 1000, (37, 11)).astype("<i4")
    file.create_dataset("scaleoffset integer", data=integers, scaleoffset=0, **chunked)
    file.create_dataset("scaleoffset constant", data=np.full((64, 64), 7, "<i8"), scaleoffset=0)
    file.create_dataset("zeros", data=np.zeros((300, 1000), "<f4"), compression="gzip", chunks=(300, 1000))
    # What does not become smaller is stored as it is, and the chunk's filter mask says so.
    noise = values.integers(0, 256, 12).astype("u1").view("<f4")
    file.create_dataset("incompressible", data=noise, compression=1, chunks=(3,))
    nbit = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    nbit.set_chunk((8, 5))
    nbit.set_filter(5, h5py.h5z.FLAG_MANDATORY)
    place = h5py.h5s.create_simple((37, 11))
    dataset = h5py.h5d.create(file.id, b"nbit", h5py.h5t.STD_I16LE, place, nbit)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, integers.astype("<i2"))
    ten_bits = h5py.h5t.STD_I16LE.copy()
    ten_bits.set_precision(10)
    dataset = h5py.h5d.create(file.id, b"nbit of ten bits", ten_bits, place, nbit)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, (integers % 512).astype("<i2"))


def shapes(file):
    gzip = {"compression": "gzip"}
    file.create_dataset("scalar", data=np.float32(2.5))
    file.create_dataset("one", data=floats(1), chunks=(1,), **gzip)
    file.create_dataset("one chunk", data=floats(4, 9), chunks=(4, 9), **gzip)
    file.create_dataset("empty", data=floats(0, 7), chunks=(1, 7), maxshape=(None, 7), **gzip)
    file.create_dataset("larger chunk", data=floats(3, 2), chunks=(16, 16), maxshape=(None, None), **gzip)
    file.create_dataset("not dividing", data=floats(7, 10, 3), chunks=(3, 4, 2), **gzip)
    file.create_dataset("five", data=floats(3, 2, 4, 2, 3), chunks=(2, 2, 3, 1, 2), **gzip)
    file.create_dataset("many chunks", data=floats(300, 12), chunks=(2, 5))
    file.create_dataset("columns", data=floats(64, 40), chunks=(64, 1), **gzip)
    group = file.create_group("слой/__proto__")
    group.create_dataset("kernel:0", data=floats(6), chunks=(4,), **gzip)


def indexes(file):
    """One dataset for each way of finding chunks that HDF5 1.10 and later know."""
    for suffix, options in [("", {}), (" gzip", {"compression": "gzip"})]:
        file.create_dataset(f"single{suffix}", data=floats(5, 6), chunks=(5, 6), **options)
        file.create_dataset(f"fixed array{suffix}", data=floats(37, 11), chunks=(8, 5), **options)
        file.create_dataset(
            f"fixed array with room{suffix}", data=floats(7, 11), chunks=(3, 5), maxshape=(20, 40), **options
        )
        file.create_dataset(f"extensible array{suffix}", data=floats(9, 11), chunks=(2, 5), maxshape=(None, 11), **options)
        file.create_dataset(
            f"extensible columns{suffix}", data=floats(6, 50), chunks=(4, 3), maxshape=(9, None), **options
        )
        file.create_dataset(f"b-tree{suffix}", data=floats(9, 11), chunks=(2, 5), maxshape=(None, None), **options)
    file.create_dataset("fixed array of pages", data=floats(2500), chunks=(2,))
    file.create_dataset("extensible array of blocks", data=floats(700), chunks=(2,), maxshape=(None,))
    file.create_dataset("b-tree of levels", data=floats(60, 30), chunks=(2, 2), maxshape=(None, None))
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_chunk((8, 5))
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    place = h5py.h5s.create_simple((37, 11))
    dataset = h5py.h5d.create(file.id, b"implicit", h5py.h5t.IEEE_F32LE, place, early)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, floats(37, 11))


def types(file):
    packed = {"chunks": (4,), "compression": "gzip"}
    names = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
    for name in names:
        data = values.integers(0, 256, 9 * int(name[1])).astype("u1").view(f"<{name}")
        file.create_dataset(f"<{name} packed", data=data, **packed)
        if name[1] != "1":
            file.create_dataset(f">{name}", data=data.byteswap().view(f">{name}"))
            file.create_dataset(f">{name} packed", data=data.byteswap().view(f">{name}"), **packed)
    file.create_dataset(">f4 scalar", data=np.array(1.5, ">f4"))
    file.create_dataset(">f4 empty", data=np.zeros((0, 3), ">f4"))
    file.create_dataset("bool", data=values.integers(0, 2, 9).astype(bool), **packed)
    file.create_dataset("bfloat16", data=values.integers(0, 256, 18).astype("u1").view("V2"), **packed)
    file.create_dataset("bfloat16 float", data=np.arange(9).astype(ml_dtypes.bfloat16), **packed)
    file.create_dataset("strings", data=np.array([b"a", b"", b"\0b", b"abcde"] * 3, "S5"), **packed)
    file.create_dataset("complex64", data=(floats(9) + 1j * floats(9)).astype("<c8"), **packed)
    file.create_dataset("compound", data=np.zeros(9, [("a", "<i4"), ("b", "<f8", 2)]), **packed)


def attributes(file):
    group = file.create_group("layer")
    dataset = file.create_dataset("kernel", data=floats(3))
    for owner in (file, group, dataset):
        for index in range(20):
            owner.attrs[f"number {index}"] = index
        owner.attrs["имя"] = "значение"
        owner.attrs["weight_names"] = np.array([b"kernel:0", b"bias:0"])
        owner.attrs["backend"] = "jax"
        owner.attrs["floats"] = floats(100)


def keras_like(file):
    file.attrs["keras_version"] = "2.15.0"
    file.create_dataset("dense/kernel:0", data=floats(30, 20))
    file.create_dataset("dense/bias:0", data=floats(20))
    file.create_dataset("step", data=np.int64(5))


def in_order(dtype):
    if dtype.fields or dtype.subdtype or dtype.kind in "SVO":
        return dtype
    return dtype.newbyteorder("<")


def described(path):
    entries = {}

    def visit(name, node):
        if not isinstance(node, h5py.Dataset):
            return
        data = node[()]
        if isinstance(data, (bool, np.bool_)) or not isinstance(data, (np.ndarray, np.generic)):
            data = np.asarray(data)
        data = np.asarray(data)
        data = data.astype(in_order(data.dtype))
        entries[name] = {
            "dtype": node.dtype.newbyteorder("<").str if not node.dtype.fields else "compound",
            "shape": list(node.shape),
            "sha256": hashlib.sha256(data.tobytes()).hexdigest(),
        }

    with h5py.File(path) as file:
        file.visititems(visit)
    return entries


index = {}


def make(name, fill, **options):
    path = here / name
    with h5py.File(path, "w", **options) as file:
        fill(file)
    index[name] = described(path)


def repack(name, source, *options):
    path = here / name
    subprocess.run(["h5repack", *options, str(here / source), str(path)], check=True)
    index[name] = described(path)


make("filters.h5", filters)
make("filters-latest.h5", filters, libver="latest")
make("shapes.h5", shapes)
make("shapes-latest.h5", shapes, libver="latest")
for version in ("v110", "latest"):
    make(f"indexes-{version}.h5", indexes, libver=(version, version))
make("types.h5", types)
make("types-latest.h5", types, libver="latest")
make("attributes.h5", attributes, libver=("v110", "v110"))
make("attributes-latest.h5", attributes, libver="latest", track_order=True)

make("szip.h5", lambda file: file.create_dataset("kernel", data=floats(37, 11), chunks=(8, 5), compression="szip"))
make("lzf.h5", lambda file: file.create_dataset("kernel", data=floats(37, 11), chunks=(8, 5), compression="lzf"))
make("plain.h5", keras_like)
repack("repacked-gzip.h5", "plain.h5", "-f", "GZIP=6")
repack("repacked-all.h5", "plain.h5", "-f", "SHUF", "-f", "GZIP=1", "-f", "FLET", "-l", "dense/kernel:0:CHUNK=7x3")
repack("repacked-nbit.h5", "plain.h5", "-f", "NBIT")
repack("repacked-latest.h5", "plain.h5", "-L", "-f", "GZIP=6")

(here / "index.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n")
