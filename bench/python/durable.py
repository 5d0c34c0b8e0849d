"""What `cleave` does to a file that it has written."""

import os


def flush(path):
    """Brings the bytes of a file, or the entries of a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
