"""The storefront: routes below /storefront that the shop's own pages call from a shopper's browser.

A page cannot keep a secret, so its key only says which shop asks, and API Gateway throttles by it. Its holder
counts as a shopper's browser and may use the routes of that kind, with no `user_id` but one that the page
itself has generated. Such an id is random and long, so only its owner knows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.http.callers import STOREFRONT, ForbiddenError
from lambdas.routes import BELOW_STOREFRONT


def entered(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event as the routes know it: without the prefix, marked as one of the storefront."""
    path = str(event.get("path") or "/")
    inside = path == BELOW_STOREFRONT or path.startswith(f"{BELOW_STOREFRONT}/")
    marked = {name: value for name, value in event.items() if name != STOREFRONT}
    return (
        {**marked, "path": path.removeprefix(BELOW_STOREFRONT) or "/", STOREFRONT: True} if inside else marked
    )


def require_origin(event: Mapping[str, Any], origins: Sequence[str]) -> None:
    """Raises ForbiddenError for a page that is none of the shop's."""
    origin = origin_of(event)
    if event.get(STOREFRONT) and origin and origin not in origins:
        raise ForbiddenError(f"{origin!r} is no origin of the shop's pages: add it to the setting storefront")


def cross_origin_headers(event: Mapping[str, Any], origins: Sequence[str]) -> dict[str, list[str]]:
    """The headers that let a browser hand the answer to a page of the shop; none for any other page."""
    origin = origin_of(event)
    if not event.get(STOREFRONT) or origin not in origins:
        return {}
    return {"Access-Control-Allow-Origin": [origin], "Vary": ["Origin"]}


def origin_of(event: Mapping[str, Any]) -> str:
    """The origin of the page that asks; empty if the request names none."""
    headers = event.get("headers") or {}
    return next((str(value)[:300] for name, value in headers.items() if name.lower() == "origin"), "")
