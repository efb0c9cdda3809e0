"""API Gateway events as the router needs them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lambdas.search.problems import BodyTooLargeError

MAX_BODY_BYTES = 1 << 20
_ITEMS, _SIMILAR = "/items/", "/similar"


def prepared(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with the item id of its path encoded again.

    API Gateway decodes the path, so an id may hold slashes and whatever else; as one encoded segment it is
    told apart from the rest. Raises BodyTooLargeError.
    """
    body = event.get("body") or ""
    if len(body) > MAX_BODY_BYTES or len(body.encode("utf-8", "replace")) > MAX_BODY_BYTES:
        raise BodyTooLargeError(f"send at most {MAX_BODY_BYTES:,} bytes; larger loads go to uploads/catalog/")
    return {**event, "path": _path(str(event.get("path") or "/"))}


def _path(path: str) -> str:
    if not path.startswith(_ITEMS):
        return path
    item_id = path.removeprefix(_ITEMS)
    suffix = _SIMILAR if item_id.endswith(_SIMILAR) else ""
    return _ITEMS + quote(item_id.removesuffix(suffix), safe="") + suffix
