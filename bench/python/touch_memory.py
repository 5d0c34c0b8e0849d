"""Writes to so many bytes of memory and gives them back.

A virtual machine may get its memory from the host page by page, on first touch, and lose again what
is free for some seconds. After this, each command finds as much memory that is really there,
whatever ran before it.
"""

import mmap
import sys

size = int(sys.argv[1])
with mmap.mmap(-1, max(size, mmap.PAGESIZE)) as memory:
    for offset in range(0, size, mmap.PAGESIZE):
        memory[offset] = 1
