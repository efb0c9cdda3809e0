"""A handler as Lambda runs it: a process of its own, stopped between two requests, far from its store.

Time passes in the clocks alone, between requests as well as within calls to the store, so nothing sleeps.
That far calls end late is made certain in another way: one from another thread than the request's ends only
while the request waits for something.
"""

import importlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

CALL_S, BYTES_PER_S = 0.02, 80e6
"""About what S3 is from a function of 2 GB."""


class FrozenFunction:
    """`function(event, later_s=2)` thaws the process, lets it answer, and freezes it again."""

    def __init__(
        self,
        module: str,
        environment: Mapping[str, str],
        *,
        entry: str = "handler",
        bytes_per_s: float = BYTES_PER_S,
        files_a_request: float = float("inf"),
        constants: Mapping[str, float] | None = None,
    ) -> None:
        """`entry`: the module's function that answers; `bytes_per_s`: how fast files arrive;
        `files_a_request`: how many do until the process is frozen. `constants` are
        set in the process by their dotted names."""
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(
            target=_serve,
            args=(
                module,
                entry,
                dict(environment),
                theirs,
                _Distance(bytes_per_s, files_a_request),
                dict(constants or {}),
            ),
        )
        self._process.start()
        self._pipe = ours
        self.store_calls = 0
        """Calls to the store that the latest request made."""
        self.took_s = 0.0
        """Seconds that the calls of the latest request took, by the clock."""
        self.threads: list[str] = []
        """Threads still at work in the process when its answer is out."""

    def __call__(self, event: Mapping[str, Any], later_s: float = 0.0) -> Any:
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGCONT)
        self._pipe.send((event, later_s))
        if not self._pipe.poll(60):
            raise TimeoutError("the function did not answer within 60 s")
        answer, self.store_calls, self.threads, self.took_s = self._pipe.recv()
        os.kill(self._process.pid, signal.SIGSTOP)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.join()


@dataclass
class _Distance:
    """Makes a folder as far away as S3; a call that was under way while the process was frozen has lost its
    connection."""

    bytes_per_s: float
    files_a_request: float
    calls: int = 0
    files: int = 0
    thaws: int = 0
    passed_s: float = 0.0

    def begin(self) -> None:
        """In the process: the request's thread tells when it waits, and other threads can wait for that."""
        self._changed, self._request_waits = threading.Condition(), 0
        threading.Condition.wait = self._telling(threading.Condition.wait)  # type: ignore[method-assign]
        threading.Thread.join = self._telling(threading.Thread.join)  # type: ignore[method-assign]

    def thaw(self, later_s: float) -> None:
        """The next request begins."""
        with self._changed:
            self.thaws, self.calls, self.files = self.thaws + 1, 0, 0
            self.passed_s += later_s
            self._changed.notify_all()

    def over(self, method: Any) -> Any:
        def call(store: Any, *arguments: Any, **more: Any) -> Any:
            self.calls += 1
            thaws = self.thaws
            self._until(lambda: self._request_waits > 0, thaws)
            answer = method(store, *arguments, **more)
            self._take(CALL_S + _size(answer, arguments) / BYTES_PER_S)
            self._until(lambda: True, thaws)
            return answer

        return call

    def arriving(self, get: Any) -> Any:
        """`download` of which the files after the first so many stay on their way."""

        def download(store: Any, key: str, path: Path) -> None:
            thaws = self.thaws
            self.files += 1
            if self.files > self.files_a_request:
                self._until(lambda: False, thaws)
            data = get(store, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            self._take(len(data) / self.bytes_per_s)

        return self.over(download)

    def _until(self, ready: Callable[[], bool], thaws: int) -> None:
        if threading.current_thread() is not threading.main_thread():
            with self._changed:
                self._changed.wait_for(lambda: ready() or thaws != self.thaws)
        if thaws != self.thaws:
            raise ConnectionResetError("the connection died while the function was frozen")

    def _take(self, seconds: float) -> None:
        with self._changed:
            self.passed_s += seconds

    def _telling(self, wait: Any) -> Any:
        def waiting(*arguments: Any, **more: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                return wait(*arguments, **more)
            self._tell(1)
            try:
                return wait(*arguments, **more)
            finally:
                self._tell(-1)

        return waiting

    def _tell(self, more: int) -> None:
        with self._changed:
            self._request_waits += more
            self._changed.notify_all()


def _size(answer: Any, arguments: tuple[Any, ...]) -> int:
    data = answer[0] if isinstance(answer, tuple) else answer
    if isinstance(data, bytes):
        return len(data)
    return sum(len(argument) for argument in arguments if isinstance(argument, bytes))


def _serve(
    module: str,
    entry: str,
    environment: dict[str, str],
    pipe: Connection,
    distance: _Distance,
    constants: dict[str, float],
) -> None:
    os.environ.update(environment)
    monotonic, now = time.monotonic, time.time
    time.monotonic = lambda: monotonic() + distance.passed_s
    time.time = lambda: now() + distance.passed_s
    distance.begin()
    from object2vec.storage.folder import FolderStore

    FolderStore.download = FolderStore.lend = distance.arriving(FolderStore.get)
    for name in ("get", "get_versioned", "put", "create", "replace", "delete", "upload"):
        setattr(FolderStore, name, distance.over(getattr(FolderStore, name)))
    listed = FolderStore.list
    whole = distance.over(lambda *arguments, **more: list(listed(*arguments, **more)))
    FolderStore.list = lambda *arguments, **more: iter(whole(*arguments, **more))
    for name, value in constants.items():
        owner, _, attribute = name.rpartition(".")
        setattr(importlib.import_module(owner), attribute, value)
    handler = getattr(importlib.import_module(module), entry)
    while True:
        event, later_s = pipe.recv()
        distance.thaw(later_s)
        began = distance.passed_s
        try:
            answer = handler(event, _Context())
        except Exception as error:
            answer = error
        threads = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
        pipe.send((answer, distance.calls, threads, distance.passed_s - began))


class _Context:
    function_name, memory_limit_in_mb = "function", 2048
    invoked_function_arn, aws_request_id = "arn:aws:lambda:eu-central-1:1:function:function", "request"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000
