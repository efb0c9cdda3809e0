"""API Gateway events as the router needs them, and their JSON: strict, and no deeper than anything needs."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

import orjson

from lambdas.http.problems import BodyTooLargeError, ContentTypeError
from lambdas.routes import ROUTES
from object2vec.core.errors import BadRequestError

MAX_BODY_BYTES = 1 << 20
MAX_PICTURE_BODY_BYTES = 5_600_000
"""Bytes of a request that may hold a picture of 4 MB in base64. Lambda takes 6 MB for the whole event.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
JSON = "application/json"
_BEFORE_ID = ("/items/", "/users/")
_AFTER_ID = tuple(route.after for route in ROUTES if route.after)
MAX_DEPTH = 32
"""Levels of lists and objects: filters may have eight. What is deeper would exhaust its reader's stack."""


def prepared(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with its body as text and the id in its path as one percent-encoded segment.

    A REST API hands `path` on as it came in, percent-encoded, while `pathParameters` are decoded (an HTTP API
    decodes both). An id may hold slashes and whatever else, and clients differ in what they encode: `a/b` and
    `a%2Fb` are the same item. Raises BodyTooLargeError, ContentTypeError, BadRequestError.
    """
    body = _text(event)
    path = str(event.get("path") or "/")
    most = MAX_PICTURE_BODY_BYTES if _may_have_picture(path) else MAX_BODY_BYTES
    if len(body.encode("utf-8", "replace")) > most:
        raise BodyTooLargeError(f"send at most {most:,} bytes; larger loads go to uploads/")
    if body and _content_type(event) != JSON:
        raise ContentTypeError("send JSON, with the header content-type: application/json")
    path = _path(path)
    headers = {**(event.get("headers") or {}), "content-type": JSON}  # the router expects one spelling
    return {**event, "body": body or None, "isBase64Encoded": False, "path": path, "headers": headers}


def _may_have_picture(path: str) -> bool:
    return path in ("/search", "/categorize") or (path.startswith("/items/") and path.endswith("/image"))


def _content_type(event: Mapping[str, Any]) -> str:
    headers = event.get("headers") or {}
    found = (str(value) for name, value in headers.items() if name.lower() == "content-type")
    return next(found, "").partition(";")[0].strip().lower()


def _text(event: Mapping[str, Any]) -> str:
    body = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body).decode()
    except ValueError:
        raise BadRequestError("the body is not UTF-8 text: send JSON in UTF-8") from None


def _path(path: str) -> str:
    prefix = next((prefix for prefix in _BEFORE_ID if path.startswith(prefix)), None)
    if prefix is None:
        return path
    encoded = path.removeprefix(prefix)
    suffix = next((after for after in _AFTER_ID if encoded.endswith(after)), "")
    try:
        decoded = unquote(encoded.removesuffix(suffix), errors="strict")
    except UnicodeDecodeError:
        raise BadRequestError("the id in the path is not UTF-8: percent-encode its UTF-8 bytes") from None
    return prefix + quote(decoded, safe="") + suffix


def parsed(text: str) -> Any:
    """The value of a JSON text. Raises orjson.JSONDecodeError, BadRequestError."""
    value = orjson.loads(text)  # no NaN, no lone surrogates
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise BadRequestError(f"the JSON is nested more than {MAX_DEPTH} levels deep: make it flatter")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return any(isinstance(each, list | dict) for each in level)


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
