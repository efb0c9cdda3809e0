"""The processes that answer: as many as there are processors, each with the whole API, all on one port.

What takes long (reading uploads, curating, building an index, training) is done by the process that starts
them, at a lower priority, so that no request waits for it. They share the store, and through it everything
else: the index is mapped into memory once (`ObjectStore.lend`).
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from local.containers import CODE
from local.server import HOST
from local.troubles import Troubles
from local.work_folder import WorkFolder

START_SECONDS = 60.0
STOP_SECONDS = 5.0
RESTART_SECONDS = 1.0
STEADY_SECONDS = 5.0
"""A process that was started again and has listened for so long is no trouble any more."""
MOST_WORKERS = 4
"""The most processes by default: each is a Python of some hundred megabytes."""
BEHIND_ANSWERS = 10
"""Priority of everything that no request waits for."""


class PortInUseError(RuntimeError):
    """The port cannot be used; the message says what to do."""


def usual_workers() -> int:
    """The usual number of processes: one if the system cannot spread connections over several listeners."""
    return min(os.cpu_count() or 1, MOST_WORKERS) if sys.platform == "linux" else 1


@contextmanager
def serving(port: int, folder: WorkFolder, data: Path, count: int, troubles: Troubles) -> Iterator[str]:
    """Serves in `count` processes while the context lasts; yields the URL. A process that ends is started
    again, and a trouble until the new one has run for a while. Raises PortInUseError."""
    _require_free(port)
    workers = [_Worker(port, folder, data, troubles, number) for number in range(count)]
    try:
        _wait_until_started(port, workers)
        with _behind_answers():
            yield f"http://{HOST}:{port}"
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """One process, started again whenever it ends."""

    def __init__(self, port: int, folder: WorkFolder, data: Path, troubles: Troubles, number: int) -> None:
        self._command = [sys.executable, "-m", "local.worker", str(port), str(folder.root), str(data)]
        self._listens = -1
        ours = {str(Path(__file__).parents[1]): None, str(CODE): None}  # two folders in an installed package
        path = os.pathsep.join(filter(None, (*ours, os.environ.get("PYTHONPATH"))))
        self._environment = {**os.environ, "PYTHONPATH": path}
        self._troubles, self._name = troubles, f"server process {number + 1}"
        self._stopped = Event()
        self._process = self._start()
        self._thread = Thread(target=self._look_after, daemon=True)
        self._thread.start()

    def _start(self) -> "subprocess.Popen[bytes]":
        self._listens, told = os.pipe()
        try:
            return subprocess.Popen(  # noqa: S603  # our own; it ends when its standard input does
                [*self._command, str(told)], stdin=subprocess.PIPE, env=self._environment,
                start_new_session=True, pass_fds=[told],
            )  # fmt: skip
        finally:
            os.close(told)

    def _look_after(self) -> None:
        while True:
            status = self._end()
            if self._stopped.is_set():
                return
            self._troubles.note(self._name, f"ended with status {status} and was started again")
            self._stopped.wait(RESTART_SECONDS)
            self._process = self._start()

    def _end(self) -> int:
        """Waits for the end of the process; returns its status. One that has listened for a while is no
        trouble."""
        with open(self._listens, "rb", buffering=0) as pipe:
            listens = pipe.read(1)  # nothing, if it ends before
        if listens:
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(STEADY_SECONDS)
            self._troubles.over(self._name)
        return self._process.wait()

    @property
    def failed(self) -> bool:
        """Whether the process is not running at present."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Ends the process, after it has had some time to finish its answers."""
        self._stopped.set()
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):  # its answers take too long
            self._process.wait(STOP_SECONDS)
        self._process.kill()
        self._thread.join()


@contextmanager
def _behind_answers() -> Iterator[None]:
    """Lowers the priority of this thread and of what it starts, below that of the answers."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, min(19, before + BEHIND_ANSWERS))
    try:
        yield
    finally:
        with suppress(PermissionError):  # not everybody may raise it again; the process is about to end
            os.setpriority(os.PRIO_PROCESS, 0, before)


def listener(port: int) -> socket.socket:
    """A socket of one of several processes on a port."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform == "linux":
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind((HOST, port))
    return found


@contextmanager
def claimed(port: int) -> Iterator[None]:
    """The port is this process's while the context lasts, before anything listens too. Raises
    PortInUseError.

    The processes that answer share a port, and on Linux those of a second server, started at the same time,
    could share it with them. So the server also takes a name, which the system gives to one process, and
    takes back when it ends."""
    with socket.socket(socket.AF_UNIX) as name:
        try:
            if sys.platform == "linux":
                name.bind(f"\0object2vec port {port}")
        except OSError as error:
            raise _in_use(port) from error
        _require_free(port)
        yield


def _require_free(port: int) -> None:
    """Raises PortInUseError where somebody else listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise _in_use(port) from error


def _in_use(port: int) -> PortInUseError:
    return PortInUseError(f"port {port} is in use: choose another with --port")


def _wait_until_started(port: int, workers: list[_Worker]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and not all(worker.failed for worker in workers):
        # Refused until a process listens:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.05)
    raise PortInUseError(f"the server did not start on port {port} within {START_SECONDS:.0f} s")
