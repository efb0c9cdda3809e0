"""A bound on what one connection may take: uvicorn has none for clients that send, or take, next to nothing.

Without it a thousand silent connections would shut everybody else out. Slow bodies are the business of
`local.http`.
"""

import asyncio
import resource
from typing import Any, NamedTuple

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from local.http import busy

CONNECTIONS = 1_000
"""Connections that one process holds; requests on further ones get 503 at once."""
SLOW_SECONDS = 20.0
"""Longest time that a client may take to send the head of a request, or to take a part of an answer."""
MAX_HEAD_BYTES = 64 << 10
_END_OF_HEAD = b"\r\n\r\n"
TOO_MANY = busy(f"{CONNECTIONS:,} connections are open")
TOO_MANY.headers["connection"] = "close"


class _Head(NamedTuple):
    """What has come of the head of a request."""

    size: int = 0
    latest: bytes = b""
    """Its last bytes: the end of a head may come in two parts."""

    def and_then(self, data: bytes) -> "_Head":
        """With further bytes, which may be all of the head and a part of the body."""
        seen = self.latest + data
        end = seen.find(_END_OF_HEAD)
        more = len(data) if end < 0 else end - len(self.latest)
        return _Head(self.size + more, seen[1 - len(_END_OF_HEAD) :])


def bounded(protocol: Any = AutoHTTPProtocol, slow_seconds: float = SLOW_SECONDS) -> type[asyncio.Protocol]:
    """uvicorn's protocol (either of its two), which closes connections that are too slow or whose head is too
    large, and tells those beyond `CONNECTIONS` to come again."""

    class Bounded(protocol):  # type: ignore[misc]
        _timer: asyncio.TimerHandle | None = None
        _head = _Head()

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._watch()

        def connection_lost(self, error: Exception | None) -> None:
            self._stop_watch()
            super().connection_lost(error)

        def data_received(self, data: bytes) -> None:
            is_free = len(self.connections) <= CONNECTIONS
            self.app = self.config.loaded_app if is_free else TOO_MANY
            if self._is_waiting():
                self._head = self._head.and_then(data)
                if self._head.size > MAX_HEAD_BYTES:
                    self.transport.abort()
                    return
            super().data_received(data)
            if not self._is_waiting():
                self._head = _Head()
            self._watch()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._watch()

        def resume_writing(self) -> None:
            super().resume_writing()
            self._stop_watch()
            self._watch()

        def _is_waiting(self) -> bool:
            """Whether no request is answered now: the next one's head has to come."""
            return self.cycle is None or self.cycle.response_complete

        def _watch(self) -> None:
            """Gives the client some time, if it is the one that something is expected of."""
            if not (self._is_waiting() or self.flow.write_paused):
                self._stop_watch()
            elif self._timer is None:
                self._timer = self.loop.call_later(slow_seconds, self.transport.abort)

        def _stop_watch(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return Bounded


def allow_files(count: int) -> None:
    """Lets this process open so many files, connections among them, as far as the system lets it: by default
    many systems allow 1,024 or fewer, and a process that has none left can neither answer nor refuse."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
