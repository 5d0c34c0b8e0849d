"""Runs a command and prints wall and CPU seconds and peak RSS in bytes, as JSON.

measure.py OUTPUT COMMAND ARGUMENT…  (what the command prints goes to the file OUTPUT)

A process of its own, and a small one: Linux starts the peak RSS of a child at that of the process
it was spawned from.
"""

import os
import sys
from time import perf_counter

output, *command = sys.argv[1:]
said = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
redirect = [(os.POSIX_SPAWN_DUP2, said, 1), (os.POSIX_SPAWN_DUP2, said, 2)]
began = perf_counter()
child = os.posix_spawn(command[0], command, os.environ, file_actions=redirect)
_, status, usage = os.wait4(child, 0)
wall = perf_counter() - began
code = os.waitstatus_to_exitcode(status)
cpu = usage.ru_utime + usage.ru_stime
print(f'{{"code": {code}, "wall": {wall}, "cpu": {cpu}, "rss": {usage.ru_maxrss * 1024}}}')
