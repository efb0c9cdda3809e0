"""The HTTP server of the local system: the API at `/`, the endpoints at `/endpoints/`."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.http import Handler, gateway, not_routed, problem_response

HOST = "127.0.0.1"
NAMES = (HOST, "localhost", "[::1]")
START_SECONDS = 30.0
STOP_SECONDS = 5.0


class PortInUseError(RuntimeError):
    """The port cannot be used; the message says what to do."""


class OwnPagesOnly:
    """Refuses what other sites make a browser send here: a name of theirs that leads to this machine (DNS
    rebinding), and requests from pages of another origin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and (reason := refused(Headers(scope=scope))):
            app = problem_response(403, "forbidden", "This server answers its own machine alone", reason)
        await app(scope, receive, send)


def refused(headers: Headers) -> str:
    """Why a request is not for this server; empty if it is."""
    host, origin = headers.get("host", "")[:200], headers.get("origin", "")[:200]
    if re.sub(r":\d+$", "", host) not in NAMES:
        return f"ask for {HOST} or localhost, not for {host!r}"
    if origin and origin != f"http://{host}":
        return f"pages of {origin!r} may not call this server"
    return ""


@contextmanager
def serving(port: int, endpoints: Route, answer: Handler) -> Iterator[str]:
    """Serves in a thread while the context lasts; yields the URL. Raises PortInUseError."""
    _require_free(port)
    routes = [endpoints, Mount("/", gateway(answer))]
    app = OwnPagesOnly(Starlette(routes=routes, exception_handlers={404: not_routed}))
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    _wait_until_started(server, port)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=STOP_SECONDS)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortInUseError(f"port {port} is in use: choose another with --port") from error


def _wait_until_started(server: uvicorn.Server, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise PortInUseError(f"the server did not start on port {port} within {START_SECONDS:.0f} s")
        time.sleep(0.02)
