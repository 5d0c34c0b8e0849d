"""Lambda functions as processes of this machine, in place of Docker containers.

LocalStack asks a plug-in for the class that runs functions. This one starts Node on runtime.mjs,
in a control group that has the function's memory, and speaks the runtime API with it.
"""

import json
import logging
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import cgroup
from runtime_api import Answer, Event, RuntimeApi

from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import DockerRuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

_RUNTIME = Path(__file__).with_name("runtime.mjs")
_LONGEST_INIT = 10  # seconds, as at Lambda
_LARGEST_ANSWER = 6 * 2**20
_log = logging.getLogger(__name__)


class ProcessExecutor(RuntimeExecutor):
    """One execution environment: one process, one event at a time."""

    def __init__(self, id: str, function_version) -> None:
        super().__init__(id, function_version)
        self._config = function_version.config
        self._log_path = Path(tempfile.gettempdir()) / f"lambda-{id}.log"
        self._group: cgroup.MemoryGroup | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        self._environment = {name: str(value) for name, value in env_vars.items()}
        self._begin()

    def _begin(self) -> None:
        self._api = api = RuntimeApi()
        root = str(self._config.code.get_unzipped_code_location())
        command = [os.environ["LAMBDA_NODE"], str(_RUNTIME)]
        tree = cgroup.tree()
        if tree is not None:
            self._group = cgroup.MemoryGroup(tree, self.id, self._config.memory_size)
            command = self._group.join(command)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/tmp",
            "TZ": ":UTC",
            "TMPDIR": tempfile.mkdtemp(),
            **self._environment,
            "LAMBDA_TASK_ROOT": root,
            "_HANDLER": self._config.handler,
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self._config.runtime}",
        }
        with self._log_path.open("ab") as log:
            self._child = child = subprocess.Popen(
                command,
                cwd=root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
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
            f"START RequestId: {request} Version: $LATEST\n{text}END RequestId: {request}\n"
            f"REPORT RequestId: {request}\tDuration: {took:.2f} ms\t"
            f"Memory Size: {self._config.memory_size} MB\tMax Memory Used: {peak} MB\n"
        )
        return InvocationResult(request, answer.body, is_error=answer.is_error, logs=logs)

    def _judge(self, request: str, answer: Answer | int) -> Answer:
        """What Lambda makes of an answer that is too large, or of none."""
        if isinstance(answer, int):
            # Nobody but the kernel kills it, when the group's memory is used up.
            is_killed = answer == -signal.SIGKILL
            cause = "signal: killed" if is_killed else f"exit status {answer}"
            kind = "Runtime.OutOfMemory" if is_killed else "Runtime.ExitError"
            text = f"RequestId: {request} Error: Runtime exited with error: {cause}"
            return _error(kind, text)
        if not answer.is_error and len(answer.body) > _LARGEST_ANSWER:
            return _error(
                "Function.ResponseSizeTooLarge",
                f"Response payload size exceeded maximum allowed payload size ({_LARGEST_ANSWER} bytes).",
            )
        return answer

    def stop(self) -> None:
        self._kill()
        self._end()

    def _end(self) -> None:
        self._api.close()
        if self._group is not None:
            self._group.remove()

    def _kill(self) -> None:
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()

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


def _error(kind: str, message: str) -> Answer:
    return Answer(json.dumps({"errorType": kind, "errorMessage": message}).encode(), True)


def install() -> None:
    """@raises RuntimeError where memory cannot be limited, though it must (CLEAVE_NEED_CGROUP)"""
    if cgroup.tree() is None:
        text = "No control group can be made here, so functions have all the memory there is."
        if os.environ.get("CLEAVE_NEED_CGROUP"):
            raise RuntimeError(text)
        print(f"warning: {text}", flush=True)
    DockerRuntimeExecutorPlugin.load = lambda self, *_, **__: ProcessExecutor
