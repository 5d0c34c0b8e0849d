"""LocalStack as one plain process on the loopback interface: no Docker, no token, no downloads.

usage: python launch.py PORT STATE_FOLDER [SERVICES]

Some things differ from LocalStack's own host mode, and each is changed here. With Lambda among the
services, functions run as executor.py says, and patches.py corrects what the pipeline relies on.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path


def set_environment(port: str, state: Path, services: str) -> None:
    """Must come before LocalStack is imported, which reads all of these while it is loaded."""
    temporary = state / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(temporary)
    # It asks itself with the SDK, which must not read whose account the user works with elsewhere.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        {
            "GATEWAY_LISTEN": f"127.0.0.1:{port}",
            "SERVICES": services,
            "STRICT_SERVICE_LOADING": "1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "FILESYSTEM_ROOT": str(state),
            "XDG_CACHE_HOME": str(state / "cache"),
            "LS_LOG": os.environ.get("LS_LOG", "warn"),
            # Nothing is to leave this machine: no name server, no certificate, no usage statistics.
            "DNS_ADDRESS": "0",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DISABLE_EVENTS": "1",
            # An idle queue is asked every second, not every ten.
            "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "1",
            # An asynchronous call that failed is tried again after one second and two, not minutes.
            "LAMBDA_RETRY_BASE_DELAY": "1",
        }
    )


def load_where_a_lock_is_no_class() -> None:
    """One signature of 4.13.1 says `Lock | None`, and before Python 3.13 `threading.Lock` is a
    function, of which there is no union. While that module is loaded it is a class that makes one.
    """
    if sys.version_info >= (3, 13):
        return
    make_lock = threading.Lock
    threading.Lock = type("Lock", (), {"__new__": lambda cls: make_lock()})
    try:
        import localstack.packages.api  # noqa: F401
    finally:
        threading.Lock = make_lock


def listen_on_loopback_only(listening: Path) -> None:
    """The server ignores the address in GATEWAY_LISTEN and would listen on every interface. The file is
    made when it is this process that listens: what answers on the port may be another.
    """
    from twisted.internet import endpoints

    class LoopbackEndpoint(endpoints.TCP4ServerEndpoint):
        def __init__(self, *args, **options) -> None:
            super().__init__(*args, **{**options, "interface": "127.0.0.1"})

        def listen(self, factory):
            def heard(port):
                listening.touch()
                return port

            def give_up(failure):
                print(failure.getErrorMessage(), file=sys.stderr, flush=True)
                os._exit(1)

            # It would go on without, and be waited for.
            return super().listen(factory).addCallbacks(heard, give_up)

    endpoints.TCP4ServerEndpoint = LoopbackEndpoint


def keep_objects_in(folder: Path) -> None:
    """Whatever else is said, all that run keep buckets in one folder of /tmp, and leave it."""
    from localstack.services.s3 import provider

    provider.DEFAULT_S3_TMP_DIR = str(folder)


def end_at_once(before: Callable[[], None]) -> None:
    """Nothing is kept, so nothing is to be saved; an orderly end took ten seconds and more."""
    from localstack.runtime.runtime import LocalstackRuntime

    def exit_now(_: LocalstackRuntime, code: int = 0) -> None:
        before()
        os._exit(code)

    LocalstackRuntime.exit = exit_now


def main() -> None:
    port, folder, *rest = sys.argv[1:]
    state = Path(folder).resolve()
    set_environment(port, state, rest[0] if rest else "s3")
    load_where_a_lock_is_no_class()
    listen_on_loopback_only(state / "listening")
    keep_objects_in(state / "objects")
    if "lambda" in os.environ["SERVICES"]:
        import executor
        import patches

        executor.install()
        patches.install()
        end_at_once(executor.end_all)
    else:
        end_at_once(lambda: None)
    from localstack.runtime.main import main as run

    run()


if __name__ == "__main__":
    main()
