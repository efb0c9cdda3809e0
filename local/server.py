"""The HTTP server of the local system: the search function behind `/`, the endpoints beside it."""

import socket
import threading
import time

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from lambdas.search.handler import handler
from local.http import gateway

HOST = "127.0.0.1"
START_SECONDS = 30.0


class PortInUseError(RuntimeError):
    """Another program listens there."""


def start_server(port: int, endpoints: Route) -> str:
    """Serves in a background thread that ends with the process; returns the URL. Raises PortInUseError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortInUseError(f"port {port} is in use: choose another with --port") from error
    app = Starlette(routes=[endpoints, Mount("/", gateway(handler))])
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise PortInUseError(f"the server did not start on port {port} within {START_SECONDS:.0f} s")
        time.sleep(0.02)
    return f"http://{HOST}:{port}"
