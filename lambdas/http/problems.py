"""Errors as RFC 9457 problem documents: the one table from exception to status."""

import errno
import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from lambdas.http.callers import ForbiddenError
from lambdas.http.logs import logger
from object2vec.core import errors
from object2vec.ingest.rules import RowError
from object2vec.storage import ConflictError

CONTENT_TYPE = "application/problem+json"
MAX_ERRORS = 20


class MethodNotAllowedError(Exception):
    """The path exists, but not for this method."""

    def __init__(self, allowed: str) -> None:
        super().__init__(f"use {allowed}")
        self.allowed = allowed


class ContentTypeError(Exception):
    """The body is declared to be something else than JSON."""


class BodyTooLargeError(Exception):
    """The request is larger than we read."""


class AnswerTooLargeError(Exception):
    """The answer is larger than AWS Lambda hands on."""


class StoreSilentError(Exception):
    """The bucket, the table or the disk failed."""


TABLE: dict[type[Exception], tuple[int, str, str]] = {
    RequestValidationError: (400, "invalid-request", "The request does not fit its schema"),
    errors.BadRequestError: (400, "bad-request", "The request cannot be answered"),
    AnswerTooLargeError: (400, "answer-too-large", "The answer would be too large"),
    errors.UnknownFieldError: (400, "unknown-field", "No item has this field"),
    errors.UnsupportedError: (400, "unsupported", "This engine cannot do that"),
    errors.NoPreviousReleaseError: (400, "no-previous-release", "No release was live before this one"),
    RowError: (400, "invalid-item", "The item cannot be stored"),
    ForbiddenError: (403, "forbidden", "Not for this caller"),
    errors.UnknownItemError: (404, "unknown-item", "No item has this id"),
    NotFoundError: (404, "unknown-path", "Nothing is here"),
    MethodNotAllowedError: (405, "method-not-allowed", "The path has other methods"),
    ConflictError: (409, "conflict", "Somebody else was first"),
    errors.NoCategoriesError: (409, "no-categories", "The model knows no categories"),
    errors.StaleCursorError: (409, "stale-cursor", "The index changed since this cursor was made"),
    BodyTooLargeError: (413, "too-large", "The body is too large"),
    ContentTypeError: (415, "unsupported-content-type", "The body must be JSON"),
    errors.StoreUnavailableError: (503, "unavailable", "The change could not be stored"),
    StoreSilentError: (503, "unavailable", "The data cannot be reached just now"),
    errors.StartingError: (503, "starting", "There is nothing to answer from yet"),
    Exception: (500, "internal", "Something went wrong on our side"),
}
_SILENT = "the store does not answer or takes no writes: send the request again"
_FULL = "the disk is full: make room, then send the request again"
_DETAILS: dict[type[Exception], str] = {
    NotFoundError: "see /openapi.json for the paths there are",
    Exception: "try again; if it stays, look for this request in the log",
}


def problem(error: Exception) -> "Response[str]":
    """The answer to a request that raised."""
    if _of_the_store(error):
        logger.exception("a store failed")
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        error = StoreSilentError(_FULL if full else _SILENT)
    kind = next(kind for kind in type(error).__mro__ if kind in TABLE)
    status, slug, title = TABLE[kind]
    if status >= 500:
        logger.exception(title) if status == 500 else logger.warning(str(error))
    body: dict[str, Any] = {"type": f"urn:object2vec:problem:{slug}", "title": title, "status": status}
    if isinstance(error, RequestValidationError):
        body["errors"] = _places(error.errors())
        body["detail"] = "; ".join(f"{place['where']}: {place['message']}" for place in body["errors"])
    elif isinstance(error, errors.UnknownItemError):
        body["detail"] = f"no item has the id {str(error)[:300]!r}: search for it, or PUT it"
    else:
        body["detail"] = _DETAILS.get(kind) or str(error)
    headers = {"Allow": error.allowed} if isinstance(error, MethodNotAllowedError) else {}
    if status == 503:
        headers["Retry-After"] = "5"
    return Response(status_code=status, content_type=CONTENT_TYPE, headers=headers, body=json.dumps(body))


def _of_the_store(error: Exception) -> bool:
    """Whether a bucket, a table, a disk or the network raised it; found without an import of botocore."""
    if isinstance(error, OSError | sqlite3.Error):
        return True
    return any(kind.__module__.partition(".")[0] in ("botocore", "boto3") for kind in type(error).__mro__)


def _places(found: Sequence[Any]) -> list[dict[str, str]]:
    places = []
    for error in found[:MAX_ERRORS]:
        where = ".".join(str(part)[:100] for part in _place(error["loc"])) or "body"
        message = str(error["msg"]).removeprefix("Value error, ")
        places.append({"where": where, "message": message[:300]})
    return places


def _place(loc: Sequence[Any]) -> Sequence[Any]:
    """The place as the caller wrote it, without the name of our model for the query string or body."""
    match loc:
        case ["query", _, *fields] | ["body", *fields]:
            return fields
    return loc
