"""Has one program look at each file, each in a process of its own: judge.py TOOL < files

Prints a line of JSON for each: outcome ("found", "refused", "silent", "skipped", "crashed", "limit"),
what was said, CPU seconds of that process and its peak memory in bytes.
"""

import json
import logging
import os
import resource
import signal
import sys
import time

LONGEST_CPU = 20
LONGEST_WALL = 60
MOST_MEMORY = 2 << 30

logging.disable(logging.CRITICAL)
os.environ.update(
    # Threads of the other backends do not live through a fork.
    KERAS_BACKEND="numpy",
    TF_CPP_MIN_LOG_LEVEL="3",
    CUDA_VISIBLE_DEVICES="",
    NO_ANALYTICS="1",
    PROMPTFOO_DISABLE_TELEMETRY="1",
    HF_HUB_OFFLINE="1",
)


def keras_tool(base):
    import keras

    keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])

    def look(path):
        if path.endswith(".weights.h5"):
            keras.models.load_model(base, compile=False).load_weights(path)
        else:
            keras.models.load_model(path)
        return "silent", ""

    return look


def modelscan_tool(_):
    from modelscan.modelscan import ModelScan
    from modelscan.settings import DEFAULT_SETTINGS

    def look(path):
        scanner = ModelScan(settings=DEFAULT_SETTINGS)
        result = scanner.scan(path)
        said = [str(issue) for issue in result["issues"]]
        if said:
            return "found", " ".join(said)
        if result["errors"]:
            return "refused", " ".join(str(error) for error in result["errors"])
        # Of an archive, members that are no model are skipped in any case.
        if result["summary"]["scanned"]["total_scanned"] == 0 and not path.endswith(".keras"):
            return "skipped", ""
        return "silent", ""

    return look


def modelaudit_tool(_):
    from modelaudit.core import scan_model_directory_or_file

    def look(path):
        result = scan_model_directory_or_file(path).model_dump()
        said = [
            str(issue["message"])
            for issue in result["issues"]
            if "warning" in str(issue["severity"]).lower()
            or "critical" in str(issue["severity"]).lower()
        ]
        if said:
            return "found", " ".join(said)
        return ("refused", "") if result["has_errors"] else ("silent", "")

    return look


TOOLS = {"keras": keras_tool, "modelscan": modelscan_tool, "modelaudit": modelaudit_tool}


def child(look, path, pipe):
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU, LONGEST_CPU + 1))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        answer = look(path)
    except BaseException as error:  # whatever a program throws at a file is its answer
        answer = ("refused", f"{type(error).__name__}: {error}")
    os.write(pipe, json.dumps([answer[0], answer[1][:20000]]).encode())
    os._exit(0)


def resident(pid):
    try:
        with open(f"/proc/{pid}/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def watch(look, path):
    """The process is ended where it takes too much of something."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        child(look, path, write)
    os.close(write)
    began = time.monotonic()
    exceeded = None
    while True:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            break
        if resident(pid) > MOST_MEMORY:
            exceeded = "memory"
        elif time.monotonic() - began > LONGEST_WALL:
            exceeded = "time"
        if exceeded:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    with os.fdopen(read, "rb") as answers:
        said = answers.read()
    result = {"cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss * 1024}
    if exceeded or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)):
        return {**result, "outcome": "limit", "said": exceeded or "time"}
    if os.WIFSIGNALED(status):
        return {**result, "outcome": "crashed", "said": signal.Signals(os.WTERMSIG(status)).name}
    outcome, text = json.loads(said) if said else ("crashed", f"exit {status}")
    return {**result, "outcome": outcome, "said": text}


def main():
    look = TOOLS[sys.argv[1]](sys.argv[2])
    for line in sys.stdin:
        path = line.rstrip("\n")
        print(json.dumps({"path": path, **watch(look, path)}), flush=True)


main()
