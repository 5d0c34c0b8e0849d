"""Memory limits that the kernel holds a child process to."""

import os
from pathlib import Path

# Version 1 has a tree for each kind of limit, version 2 one for all.
_TREES = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))


def tree() -> Path | None:
    """Where control groups can be made; None where this user may not."""
    for path in _TREES:
        if (path / "cgroup.procs").exists() and os.access(path, os.W_OK):
            return path
    return None


class MemoryGroup:
    """A control group of its own for one process."""

    def __init__(self, parent: Path, name: str, megabytes: int) -> None:
        self._folder = parent / f"cleave-{name}"
        self._folder.mkdir(exist_ok=True)
        is_first_version = (self._folder / "memory.limit_in_bytes").exists()
        limit = "memory.limit_in_bytes" if is_first_version else "memory.max"
        (self._folder / limit).write_text(str(megabytes * 2**20))

    def join(self, command: list[str]) -> list[str]:
        """The command, begun by a shell that has put itself into the group."""
        script = f'echo $$ > "{self._folder}/cgroup.procs" && exec "$@"'
        return ["sh", "-c", script, "sh", *command]

    def peak(self) -> int:
        """The most that was in use, in MB; 0 where the kernel does not say."""
        for name in ("memory.max_usage_in_bytes", "memory.peak"):
            if (self._folder / name).exists():
                return int((self._folder / name).read_text()) >> 20
        return 0

    def remove(self) -> None:
        try:
            self._folder.rmdir()
        except OSError:
            pass  # A process that was killed leaves it a moment later.
