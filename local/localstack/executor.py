"""Lambda functions as processes of this machine, in place of Docker containers.

LocalStack asks a plug-in for the class that runs functions. This one starts Node on runtime.mjs,
in a control group that has the function's memory, and speaks the runtime API with it. Variables:
LAMBDA_NODE, the Node to start; LAMBDA_LOGS, a folder for what functions say.
"""

import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import ClassVar

import cgroup
from runtime_api import Answer, Event, RuntimeApi

from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import DockerRuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

_RUNTIME = Path(__file__).with_name("runtime.mjs")
_LONGEST_INIT = 10  # seconds, as at Lambda
_LARGEST_ANSWER = 6 * 2**20 + 100  # bytes, as at Lambda


class ProcessExecutor(RuntimeExecutor):
    """One execution environment: one process, one event at a time."""

    tree: Path | None = None
    """Where control groups are made; None where memory is not limited."""
    started: ClassVar[set["ProcessExecutor"]] = set()
    """Those not stopped."""

    def __init__(self, id: str, function_version) -> None:
        super().__init__(id, function_version)
        self._config = function_version.config
        self._version = function_version.id.qualifier
        name = function_version.id.function_name
        self._log_path = Path(os.environ["LAMBDA_LOGS"]) / f"{name}-{id}.log"

    def start(self, env_vars: dict[str, str]) -> None:
        self._environment = {name: str(value) for name, value in env_vars.items()}
        self.started.add(self)
        self._begin()

    def _begin(self) -> None:
        """Starts the process, and waits until it asks for an event or has failed."""
        self._api = api = RuntimeApi()
        self._temporary = tempfile.mkdtemp()
        self._group = None
        root = str(self._config.code.get_unzipped_code_location())
        command = [os.environ["LAMBDA_NODE"], str(_RUNTIME)]
        if self.tree is not None:
            self._group = cgroup.MemoryGroup(self.tree, self.id, self._config.memory_size)
            command = self._group.join(command)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": self._temporary,
            "TZ": ":UTC",
            "TMPDIR": self._temporary,
            **self._environment,
            "LAMBDA_TASK_ROOT": root,
            "_HANDLER": self._config.handler,
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self._config.runtime}",
        }
        # It stays in the group of processes of this one, so that nothing outlives a kill of that.
        with self._log_path.open("ab") as log:
            self._child = child = subprocess.Popen(
                command,
                cwd=root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

        def wait() -> None:
            api.answers.put(child.wait())
            api.is_ready.set()

        threading.Thread(target=wait, daemon=True).start()
        if not api.is_ready.wait(_LONGEST_INIT):
            raise RuntimeError(f"The function was not ready after {_LONGEST_INIT} seconds.")

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        if self._child.poll() is not None:
            self._end()
            self._begin()
        request = payload["invoke-id"]
        logged, began = self._log_path.stat().st_size, time.monotonic()
        timeout = self._config.timeout
        self._api.events.put(
            Event(
                request,
                payload["payload"].encode() or b"{}",
                payload["invoked-function-arn"],
                payload["trace-id"],
                timeout,
            )
        )
        try:
            answer = self._judge(request, self._api.answers.get(timeout=timeout))
        except queue.Empty:
            self._kill()
            answer = _error(
                "Sandbox.Timedout",
                f"RequestId: {request} Error: Task timed out after {timeout:.2f} seconds",
            )
        text = self._log_path.read_bytes()[logged:].decode(errors="replace")
        took = (time.monotonic() - began) * 1000
        peak = self._group.peak() if self._group else 0
        logs = (
            f"START RequestId: {request} Version: {self._version}\n{text}"
            f"END RequestId: {request}\n"
            f"REPORT RequestId: {request}\tDuration: {took:.2f} ms\t"
            f"Memory Size: {self._config.memory_size} MB\tMax Memory Used: {peak} MB\n"
        )
        return InvocationResult(request, answer.body, is_error=answer.is_error, logs=logs)

    def _judge(self, request: str, answer: Answer | int) -> Answer:
        """What Lambda makes of an answer that is too large, of none, and of a failed start."""
        if isinstance(answer, int):
            is_signal = answer < 0
            cause = f"signal: {_name_of(-answer)}" if is_signal else f"exit status {answer}"
            is_out_of_memory = self._group is not None and self._group.has_killed()
            kind = "Runtime.OutOfMemory" if is_out_of_memory else "Runtime.ExitError"
            text = f"RequestId: {request} Error: Runtime exited with error: {cause}"
            return _error(kind, text)
        if answer.is_of_init:
            # It takes no event, and its exit would be taken for the answer to the next.
            self._kill()
        if not answer.is_error and len(answer.body) > _LARGEST_ANSWER:
            return _error(
                "Function.ResponseSizeTooLarge",
                "Response payload size exceeded maximum allowed payload size "
                f"({_LARGEST_ANSWER} bytes).",
            )
        return answer

    def stop(self) -> None:
        self.started.discard(self)
        self._kill()
        self._end()

    def _end(self) -> None:
        self._api.close()
        shutil.rmtree(self._temporary, ignore_errors=True)
        self.leave_group()

    def _kill(self) -> None:
        self.kill()
        self._child.wait()

    def kill(self) -> None:
        self._child.kill()

    def leave_group(self) -> None:
        if self._group is not None:
            self._group.remove()

    def get_logs(self) -> str:
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return ""

    @classmethod
    def prepare_version(cls, function_version) -> None:
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version) -> None:
        pass


def _name_of(number: int) -> str:
    return (signal.strsignal(number) or str(number)).lower()


def _error(kind: str, message: str) -> Answer:
    return Answer(json.dumps({"errorType": kind, "errorMessage": message}).encode(), is_error=True)


def end_all() -> None:
    """Ends what is running, whatever it is at."""
    running = list(ProcessExecutor.started)
    for executor in running:
        executor.kill()
    for executor in running:
        executor.leave_group()


def install() -> None:
    """@raises RuntimeError where memory cannot be limited, though it must (CLEAVE_NEED_CGROUP)"""
    tree = cgroup.find_tree()
    if tree is not None:
        cgroup.sweep(tree)
    else:
        text = "No control group can be made here, so functions have all the memory there is."
        if os.environ.get("CLEAVE_NEED_CGROUP"):
            raise RuntimeError(text)
        print(f"warning: {text}", flush=True)
    ProcessExecutor.tree = tree
    DockerRuntimeExecutorPlugin.load = lambda self, *_, **__: ProcessExecutor
