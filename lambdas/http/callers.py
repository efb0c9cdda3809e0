"""The caller of a request, and the data that it may use: every function checks them after API Gateway."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.routes import BROWSER, KINDS, SERVER, scope_of

STOREFRONT = "storefront"
"""The mark of an event that came in below /storefront (lambdas/http/storefront.py)."""
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


EVERY_KIND = Caller(frozenset(KINDS))
VISITOR = Caller(frozenset({BROWSER}), visitor=True)


def caller_of(event: Mapping[str, Any]) -> Caller:
    """The caller, from the identity that API Gateway found.

    `auth=jwt`: the access token's scopes, and its subject. `auth=iam`: a browser with an identity of a
    Cognito identity pool has that as its own; any other principal may call the routes that its policies
    allow. Locally callers are not identified: everybody is of every kind.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    if event.get(STOREFRONT):
        return VISITOR
    context = event.get("requestContext") or {}
    claims = (context.get("authorizer") or {}).get("claims")
    if claims is not None:
        scopes = str(claims.get("scope", "")).split()
        return Caller(
            frozenset(kind for kind in KINDS if scope_of(kind) in scopes), str(claims.get("sub", ""))
        )
    identity = (context.get("identity") or {}).get("cognitoIdentityId")
    return Caller(frozenset({BROWSER}), str(identity)) if identity else EVERY_KIND


def require(caller: Caller, kinds: Iterable[str], users: Iterable[str]) -> None:
    """Raises ForbiddenError where none of the caller's kinds is among `kinds`, or where a user among `users`
    is not the caller's own; a shop's server asks for any."""
    wanted = list(kinds)
    if not caller.kinds & {*wanted}:
        raise ForbiddenError(f"this is for callers of the kind {' or '.join(wanted)}")
    if SERVER not in caller.kinds and not all(map(caller.owns, users)):
        own = "an id that the page made up, session- and a UUID" if caller.visitor else "your own"
        raise ForbiddenError(f"user_id must be {own}: leave it out, or ask as the shop's server")
