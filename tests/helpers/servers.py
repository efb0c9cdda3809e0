"""An ASGI application on a port of its own, in a thread of the test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from threading import Lock
from typing import Any

import uvicorn


def one_at_a_time(handler: Any) -> Any:
    """Server of one request at a time, as a Lambda function answers and as a router expects: a browser asks
    several things at once."""
    free = Lock()

    @wraps(handler)
    def answer(event: Any, context: Any) -> Any:
        with free:
            return handler(event, context)

    return answer


class _Announced(uvicorn.Server):
    """Tells when it listens, so that nobody has to ask again and again."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@contextmanager
def served(app: Any, **settings: Any) -> Iterator[str]:
    """The URL, without a slash at its end, for as long as the context lasts; with some of uvicorn's
    settings."""
    server = _Announced(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", **settings))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    if not server.listens.wait(30):
        raise TimeoutError("the server did not start within 30 s")
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)
