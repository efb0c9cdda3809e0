"""The HTTP application of the local system: the API at `/`, the endpoints at `/endpoints/`."""

import re

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.http import Handler, gateway, not_routed, problem_response

HOST = "127.0.0.1"
NAMES = (HOST, "localhost", "[::1]")


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


def application(endpoints: Route, answer: Handler) -> ASGIApp:
    """What a server process answers with."""
    routes = [endpoints, Mount("/", gateway(answer))]
    return OwnPagesOnly(Starlette(routes=routes, exception_handlers={404: not_routed}))
