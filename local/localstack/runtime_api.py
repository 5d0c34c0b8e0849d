"""The interface that a function's process takes its events from ("Lambda runtime API")."""

import queue
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Event:
    request_id: str
    payload: bytes
    function_arn: str
    trace_id: str
    timeout: int


@dataclass
class Answer:
    body: bytes
    is_error: bool
    # The process could not load its handler, and takes no event.
    is_of_init: bool = False


class RuntimeApi:
    """Hands one event after another to one process, and takes its answers."""

    def __init__(self) -> None:
        self.events: queue.Queue[Event | None] = queue.Queue()
        # An exit code stands for a process that ended without an answer.
        self.answers: queue.Queue[Answer | int] = queue.Queue()
        self.is_ready = threading.Event()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                """…/invocation/next: answers when there is an event."""
                api.is_ready.set()
                event = api.events.get()
                if event is None:
                    return
                deadline = int((time.time() + event.timeout) * 1000)
                self._send(
                    200,
                    event.payload,
                    {
                        "Lambda-Runtime-Aws-Request-Id": event.request_id,
                        "Lambda-Runtime-Deadline-Ms": str(deadline),
                        "Lambda-Runtime-Invoked-Function-Arn": event.function_arn,
                        "Lambda-Runtime-Trace-Id": event.trace_id,
                    },
                )

            def do_POST(self) -> None:
                """…/invocation/ID/response, …/invocation/ID/error, …/init/error"""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_of_init = self.path.endswith("/init/error")
                api.answers.put(Answer(body, self.path.endswith("/error"), is_of_init))
                api.is_ready.set()
                self._send(202, b"", {})

            def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.events.put(None)
        self._server.shutdown()
        self._server.server_close()
