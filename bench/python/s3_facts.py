"""Prints of a model file, as JSON: tensors and group levels of its HDF5, and what is not a hole.

s3_facts.py MODEL
"""

import io
import json
import os
import struct
import sys
import zipfile

import h5py


class Member(io.RawIOBase):
    """A stored member of an archive. zipfile's own reads all that is before where it seeks to."""

    def __init__(self, path, name):
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(name)
        self.file = open(path, "rb")
        self.file.seek(info.header_offset + 26)
        names = sum(struct.unpack("<HH", self.file.read(4)))
        self.start, self.size = info.header_offset + 30 + names, info.file_size
        self.seek(0)

    def seek(self, offset, whence=os.SEEK_SET):
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self.size}[whence]
        return self.file.seek(self.start + base + offset) - self.start

    def tell(self):
        return self.file.tell() - self.start

    def readinto(self, buffer):
        return self.file.readinto(memoryview(buffer)[: max(0, self.size - self.tell())])


def main(path):
    tensors, levels = 0, 0

    def visit(name, item):
        nonlocal tensors, levels
        if isinstance(item, h5py.Dataset):
            tensors += 1
        else:
            levels = max(levels, name.count("/") + 1)

    is_archive = zipfile.is_zipfile(path)
    with h5py.File(Member(path, "model.weights.h5") if is_archive else path, "r") as file:
        file.visititems(visit)
    with open(path, "rb") as file:
        extents = list(extents_of(file.fileno()))
    print(json.dumps({"tensors": tensors, "levels": levels, "extents": extents}))


def extents_of(descriptor):
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
