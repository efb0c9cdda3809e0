"""A handler as Lambda runs it: a process of its own, stopped between two requests, far from its store.

Time that passes between requests passes in the clocks alone, so that a test need not wait for it.
"""

import importlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Mapping
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
        bytes_per_s: float = BYTES_PER_S,
        constants: Mapping[str, float] | None = None,
    ) -> None:
        """`bytes_per_s`: how fast files arrive; `constants` are set in the process by their dotted names."""
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(
            target=_serve, args=(module, dict(environment), theirs, bytes_per_s, dict(constants or {}))
        )
        self._process.start()
        self._pipe = ours
        self.store_calls = 0
        """Calls to the store that the latest request made."""
        self.took_s = 0.0
        self.threads: list[str] = []
        """What is still at work in the process when its answer is out."""

    def __call__(self, event: Mapping[str, Any], later_s: float = 0.0) -> Any:
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGCONT)
        began = time.perf_counter()
        self._pipe.send((event, later_s))
        if not self._pipe.poll(60):
            raise TimeoutError("the function did not answer within 60 s")
        answer, self.store_calls, self.threads = self._pipe.recv()
        os.kill(self._process.pid, signal.SIGSTOP)
        self.took_s = time.perf_counter() - began
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.join()


class _Distance:
    """Makes a folder as far away as S3; a call that was under way while the process was frozen has lost its
    connection."""

    def __init__(self, bytes_per_s: float) -> None:
        self._bytes_per_s = bytes_per_s
        self.calls = self.thaws = 0

    def over(self, method: Any) -> Any:
        def call(store: Any, *arguments: Any, **more: Any) -> Any:
            self.calls += 1
            thaws = self.thaws
            answer = method(store, *arguments, **more)
            time.sleep(CALL_S + _size(answer, arguments) / BYTES_PER_S)
            if thaws != self.thaws:
                raise ConnectionResetError("the connection died while the function was frozen")
            return answer

        return call

    def arriving(self, get: Any) -> Any:
        """`download` of which a little comes at a time."""

        def download(store: Any, key: str, path: Path) -> None:
            data = get(store, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            step = max(1, int(self._bytes_per_s * CALL_S))
            with open(path, "wb", buffering=0) as file:
                for start in range(0, len(data), step):
                    file.write(data[start : start + step])
                    time.sleep(CALL_S)

        return self.over(download)


def _size(answer: Any, arguments: tuple[Any, ...]) -> int:
    data = answer[0] if isinstance(answer, tuple) else answer
    if isinstance(data, bytes):
        return len(data)
    return sum(len(argument) for argument in arguments if isinstance(argument, bytes))


def _serve(
    module: str,
    environment: dict[str, str],
    pipe: Connection,
    bytes_per_s: float,
    constants: dict[str, float],
) -> None:
    os.environ.update(environment)
    ahead = 0.0
    monotonic, now = time.monotonic, time.time
    time.monotonic, time.time = lambda: monotonic() + ahead, lambda: now() + ahead
    distance = _Distance(bytes_per_s)
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
    handler = importlib.import_module(module).handler
    while True:
        event, later_s = pipe.recv()
        distance.thaws, distance.calls, ahead = distance.thaws + 1, 0, ahead + later_s
        try:
            answer = handler(event, _Context())
        except Exception as error:
            answer = error
        threads = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
        pipe.send((answer, distance.calls, threads))


class _Context:
    function_name, memory_limit_in_mb = "function", 2048
    invoked_function_arn, aws_request_id = "arn:aws:lambda:eu-central-1:1:function:function", "request"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000
