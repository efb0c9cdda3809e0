"""Every route: the function that answers it, and the kinds of caller it is for.

The stack makes API Gateway's methods, scopes and managed policies of this table, the functions check their
callers by it, and the local server finds a path's function in it. A test holds it to the OpenAPI document.
"""

from dataclasses import dataclass
from typing import Literal

SERVER, BROWSER = "shop-server", "shopper-browser"
MERCHANDISER, PRIVACY = "merchandiser", "data-protection"
KINDS = (SERVER, BROWSER, MERCHANDISER, PRIVACY)
"""The shop's own back end; a shopper's browser; who looks after the catalogue; who handles people's data."""
RESOURCE_SERVER = "object2vec"
Auth = Literal["iam", "jwt", "none"]
"""How API Gateway identifies callers; `none`: on one machine nobody does."""
READERS = (SERVER, BROWSER, MERCHANDISER)
ID = "{id}"
"""Whatever stands here in a path is percent-encoded and may hold slashes."""


@dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    function: str
    kinds: tuple[str, ...]

    @property
    def below(self) -> str:
        """The path without its id and what follows; empty where it has none."""
        return self.path.partition(ID)[0] if ID in self.path else ""

    @property
    def after(self) -> str:
        """The part of the path behind the id; empty where there is none."""
        return self.path.partition(ID)[2]


ROUTES = (
    Route("GET", "/search", "search", READERS),
    Route("POST", "/search", "search", READERS),
    Route("POST", "/recommendations", "search", READERS),
    Route("POST", "/rank", "search", READERS),
    Route("POST", "/categorize", "search", READERS),
    Route("GET", "/items/{id}", "search", READERS),
    Route("GET", "/items/{id}/similar", "search", READERS),
    Route("GET", "/items/{id}/bought-together", "search", READERS),
    Route("PUT", "/items/{id}", "search", (MERCHANDISER,)),
    Route("PUT", "/items/{id}/image", "search", (MERCHANDISER,)),
    Route("DELETE", "/items/{id}", "search", (MERCHANDISER,)),
    Route("GET", "/rules", "search", (SERVER, MERCHANDISER)),
    Route("PUT", "/rules", "search", (MERCHANDISER,)),
    Route("GET", "/synonyms", "search", (SERVER, MERCHANDISER)),
    Route("PUT", "/synonyms", "search", (MERCHANDISER,)),
    Route("GET", "/query-report", "search", (SERVER, MERCHANDISER)),
    Route("POST", "/events", "events", (SERVER, BROWSER)),
    Route("GET", "/users/{id}", "events", (PRIVACY,)),
    Route("DELETE", "/users/{id}", "events", (PRIVACY,)),
    Route("GET", "/health", "search", KINDS),
    Route("GET", "/openapi.json", "search", KINDS),
)

BELOW_STOREFRONT = "/storefront"
STOREFRONT_ROUTES = tuple(route for route in ROUTES if BROWSER in route.kinds and route.kinds != KINDS)
"""Routes that a page of the shop may call, below /storefront (lambdas/http/callers.py)."""


def function_of(path: str) -> str:
    """The function that answers a path, or says that it does not exist."""
    path = path.removeprefix(BELOW_STOREFRONT)
    for route in ROUTES:
        if path == route.path or (route.below and path.startswith(route.below)):
            return route.function
    return "search"


def kinds_of(method: str, path: str) -> tuple[str, ...]:
    """The kinds of caller that may use a route; for an unknown path all, so that they get the right error."""
    asked = (route for route in ROUTES if route.method == method and route.path == path)
    return next((route.kinds for route in asked), KINDS)


def is_for_pages(method: str, path: str) -> bool:
    """Whether pages of the shop may call the path below /storefront."""
    return any(
        route.method == method
        and (path == route.path or (path.startswith(route.below or "//") and path.endswith(route.after)))
        for route in STOREFRONT_ROUTES
    )


def scope_of(kind: str) -> str:
    """The scope of an access token that makes its owner a caller of this kind."""
    return f"{RESOURCE_SERVER}/{kind}"
