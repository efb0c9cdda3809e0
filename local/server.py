"""The HTTP application of the local system: the API at `/`, the endpoints at `/endpoints/`."""

import re
from collections.abc import Collection

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lambdas.routes import BELOW_STOREFRONT
from lambdas.settings import StorefrontVariable
from local.http import Handler, gateway, not_routed, problem_response

HOST = "127.0.0.1"
NAMES = (HOST, "localhost", "[::1]")


class SameOriginOnly:
    """Refuses what other sites make a browser send here: a name of theirs that leads to this machine (DNS
    rebinding), and requests from pages of another origin, but for those of `storefront`, which may ask below
    /storefront."""

    def __init__(self, app: ASGIApp, storefront: Collection[str] = ()) -> None:
        self._app, self._storefront = app, storefront

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            below = scope["path"].startswith(f"{BELOW_STOREFRONT}/")
            invited = below and headers.get("origin") in self._storefront
            if reason := refused(headers, own_page=invited):
                app = problem_response(403, "forbidden", "This server answers its own machine alone", reason)
            elif invited and scope["method"] == "OPTIONS":
                app = _preflight(headers["origin"])
        await app(scope, receive, send)


def _preflight(origin: str) -> Response:
    """The answer that API Gateway gives to a browser's preflight request (stacks/storefront.py)."""
    allowed = {"Origin": origin, "Methods": "GET, POST", "Headers": "content-type, x-api-key"}
    return Response(
        status_code=204, headers={f"Access-Control-Allow-{name}": value for name, value in allowed.items()}
    )


def refused(headers: Headers, *, own_page: bool = False) -> str:
    """The reason to refuse a request, empty if it is allowed; `own_page` allows the page that asks."""
    host, origin = headers.get("host", "")[:200], headers.get("origin", "")[:200]
    if re.sub(r":\d+$", "", host) not in NAMES:
        return f"ask for {HOST} or localhost, not for {host!r}"
    if origin and origin != f"http://{host}" and not own_page:
        return f"pages of {origin!r} may not call this server"
    return ""


def application(endpoints: Route, answer: Handler) -> ASGIApp:
    """The ASGI application of a server process."""
    routes = [endpoints, Mount("/", gateway(answer))]
    app = Starlette(routes=routes, exception_handlers={404: not_routed})
    return SameOriginOnly(app, StorefrontVariable.read().origins)
