"""Runs a command as a member of a control group: s3_in_cgroup.py FOLDER COMMAND ARGUMENT…"""

import os
import sys

folder, *command = sys.argv[1:]
with open(os.path.join(folder, "cgroup.procs"), "w") as members:
    members.write(str(os.getpid()))
os.execv(command[0], command)
