"""The caller of a request, and the data that it may use: every function checks them after API Gateway.

Routes below /storefront are for the shop's own pages, which call them from a shopper's browser. A page cannot
keep a secret, so its key only says which shop asks, and API Gateway throttles by it. Its holder counts as a
shopper's browser and may use the routes of that kind, with no `user_id` but one that the page itself has
generated. Such an id is random and long, so only its owner knows it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.routes import BELOW_STOREFRONT, BROWSER, KINDS, SERVER, Auth, is_for_pages, scope_of

STOREFRONT = "storefront"
"""The mark of an event that came in below /storefront."""
_VISITOR = re.compile(r"session-[0-9A-Za-z-]{32,100}")


class ForbiddenError(Exception):
    """The caller may not use this route, or not for this user."""


@dataclass(frozen=True)
class Caller:
    """The kinds of a caller, and the one user whose data it may use; empty for none."""

    kinds: frozenset[str]
    user_id: str = ""
    visitor: bool = False
    """Whether it may ask for any id of a session: a page of the shop, which makes up its own."""

    def owns(self, user_id: str) -> bool:
        """Whether the data of this user are the caller's own."""
        return user_id == self.user_id or (self.visitor and _VISITOR.fullmatch(user_id) is not None)


EVERY_KIND, NO_KIND = Caller(frozenset(KINDS)), Caller(frozenset())
VISITOR = Caller(frozenset({BROWSER}), visitor=True)


def caller_of(event: Mapping[str, Any], auth: Auth) -> Caller:
    """The caller, from the identity that API Gateway found; without one it is of no kind.

    `auth=jwt`: the access token's scopes, and its subject. `auth=iam`: a browser with an identity of a
    Cognito identity pool has that as its own; any other principal may call the routes that its policies
    allow. `none`: everybody is of every kind.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    if event.get(STOREFRONT):
        return VISITOR
    if auth == "none":
        return EVERY_KIND
    context = event.get("requestContext") or {}
    return _of_token(context) if auth == "jwt" else _of_signature(context)


def _of_token(context: Mapping[str, Any]) -> Caller:
    claims = (context.get("authorizer") or {}).get("claims") or {}
    scopes = str(claims.get("scope", "")).split()
    return Caller(frozenset(kind for kind in KINDS if scope_of(kind) in scopes), str(claims.get("sub", "")))


def _of_signature(context: Mapping[str, Any]) -> Caller:
    identity = context.get("identity") or {}
    if pool := identity.get("cognitoIdentityId"):
        return Caller(frozenset({BROWSER}), str(pool))
    return EVERY_KIND if identity.get("userArn") else NO_KIND


def require(caller: Caller, kinds: Iterable[str], users: Iterable[str]) -> None:
    """Raises ForbiddenError where none of the caller's kinds is among `kinds`, or where a user among `users`
    is not the caller's own; a shop's server asks for any."""
    wanted = list(kinds)
    if not caller.kinds & {*wanted}:
        raise ForbiddenError(f"this is for callers of the kind {' or '.join(wanted)}")
    if SERVER not in caller.kinds and not all(map(caller.owns, users)):
        allowed = "an id that the page made up, session- and a UUID" if caller.visitor else "your own"
        raise ForbiddenError(f"user_id must be {allowed}: leave it out, or ask as the shop's server")


def entered(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event as the routes know it: without the prefix, marked as one of the storefront."""
    path = str(event.get("path") or "/")
    inside = path == BELOW_STOREFRONT or path.startswith(f"{BELOW_STOREFRONT}/")
    marked = {name: value for name, value in event.items() if name != STOREFRONT}
    return (
        {**marked, "path": path.removeprefix(BELOW_STOREFRONT) or "/", STOREFRONT: True} if inside else marked
    )


def require_origin(event: Mapping[str, Any], origins: Sequence[str]) -> None:
    """Raises ForbiddenError for a page that is none of the shop's, where there is no storefront, and for a
    route that is not offered below it: in AWS that is not there."""
    if not event.get(STOREFRONT):
        return
    if not origins:
        raise ForbiddenError("there is no storefront here: name the shop's pages in the setting storefront")
    origin = origin_of(event)
    if origin and origin not in origins:
        raise ForbiddenError(f"{origin!r} is no origin of the shop's pages: add it to the setting storefront")
    method, path = str(event.get("httpMethod")), str(event["path"])[:300]
    if not is_for_pages(method, path):
        raise ForbiddenError(f"pages may not call {method} {BELOW_STOREFRONT}{path}: leave out the prefix")


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
