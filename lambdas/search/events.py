"""API Gateway events as the router needs them."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lambdas.search.problems import BodyTooLargeError, ContentTypeError
from object2vec.search.errors import BadRequestError

MAX_BODY_BYTES = 1 << 20
_ITEMS, _SIMILAR = "/items/", "/similar"


def prepared(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with the item id of its path encoded again.

    API Gateway decodes the path, so an id may hold slashes and whatever else; as one encoded segment it is
    told apart from the rest. Raises BodyTooLargeError,
    ContentTypeError, BadRequestError.
    """
    body = _text(event)
    if len(body.encode("utf-8", "replace")) > MAX_BODY_BYTES:
        raise BodyTooLargeError(f"send at most {MAX_BODY_BYTES:,} bytes; larger loads go to uploads/catalog/")
    if body and not _content_type(event).startswith("application/json"):
        raise ContentTypeError("send JSON, with the header content-type: application/json")
    path = _path(str(event.get("path") or "/"))
    return {**event, "body": body or None, "isBase64Encoded": False, "path": path}


def _content_type(event: Mapping[str, Any]) -> str:
    headers = event.get("headers") or {}
    found = (str(value) for name, value in headers.items() if name.lower() == "content-type")
    return next(found, "application/json").strip().lower()


def _text(event: Mapping[str, Any]) -> str:
    body = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body).decode()
    except ValueError:
        raise BadRequestError("the body is not UTF-8 text: send JSON in UTF-8") from None


def _path(path: str) -> str:
    if not path.startswith(_ITEMS):
        return path
    item_id = path.removeprefix(_ITEMS)
    suffix = _SIMILAR if item_id.endswith(_SIMILAR) else ""
    return _ITEMS + quote(item_id.removesuffix(suffix), safe="") + suffix
