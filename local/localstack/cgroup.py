"""Memory limits that the kernel holds a child process to.

Version 1 of control groups has a tree for each kind of limit, version 2 one for all; files have
other names in it.
"""

import os
import re
import subprocess
import time
from pathlib import Path

_TREES = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))
_PATIENCE = 1.0  # seconds for the kernel to be done with a process that has ended


class MemoryGroup:
    """A control group of its own for one process."""

    def __init__(self, tree: Path, name: str, megabytes: int) -> None:
        self._folder = tree / f"cleave-{os.getpid()}-{name}"
        self._folder.mkdir(exist_ok=True)
        limit = str(megabytes * 2**20)
        if self._file("memory.limit_in_bytes").exists():
            self._file("memory.limit_in_bytes").write_text(limit)
            swap, most = "memory.memsw.limit_in_bytes", limit
        else:
            self._file("memory.max").write_text(limit)
            swap, most = "memory.swap.max", "0"
        # A Lambda has no disk to swap to.
        if self._file(swap).exists():
            self._file(swap).write_text(most)

    def join(self, command: list[str]) -> list[str]:
        """The command, begun by a shell that has put itself into the group."""
        script = f'echo $$ > "{self._file("cgroup.procs")}" && exec "$@"'
        return ["sh", "-c", script, "sh", *command]

    def peak(self) -> int:
        """The most that was in use, in MB, with cached files; 0 where the kernel does not say."""
        for name in ("memory.max_usage_in_bytes", "memory.peak"):
            if self._file(name).exists():
                return int(self._file(name).read_text()) >> 20
        return 0

    def has_killed(self) -> bool:
        """Whether the kernel has ended a process of it for want of memory."""
        for name in ("memory.oom_control", "memory.events"):
            if self._file(name).exists():
                said = re.search(r"^oom_kill (\d+)", self._file(name).read_text(), re.MULTILINE)
                return said is not None and int(said[1]) > 0
        return False

    def remove(self) -> None:
        """Once its process has ended; the kernel lets go of it a moment later."""
        end = time.monotonic() + _PATIENCE
        while not _is_removed(self._folder) and time.monotonic() < end:
            time.sleep(0.01)

    def _file(self, name: str) -> Path:
        return self._folder / name


def find_tree() -> Path | None:
    """Where groups limit memory: this is tried out, for it takes more than a right to write."""
    return next(filter(_is_limited_in, _TREES), None)


def sweep(tree: Path) -> None:
    """Removes the groups of launchers that were killed before they could."""
    for folder in tree.glob("cleave-*-*"):
        launcher = folder.name.split("-")[1]
        if not Path("/proc", launcher).exists():
            _is_removed(folder)


def _is_limited_in(tree: Path) -> bool:
    if not (tree / "cgroup.procs").exists():
        return False
    try:
        _hand_down_memory(tree)
        group = MemoryGroup(tree, "probe", 64)
        try:
            return subprocess.run(group.join(["true"]), stderr=subprocess.DEVNULL).returncode == 0
        finally:
            group.remove()
    except OSError:
        return False


def _hand_down_memory(tree: Path) -> None:
    """In version 2, groups below have no limits that the tree does not hand down to them."""
    handed_down = tree / "cgroup.subtree_control"
    if handed_down.exists() and "memory" not in handed_down.read_text().split():
        handed_down.write_text("+memory")


def _is_removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
