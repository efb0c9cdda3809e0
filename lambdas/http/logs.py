"""The log of the API's functions: lines of JSON, each with the id of its request.

The id is API Gateway's own, which is in its access log. It goes back to the caller as `X-Request-Id` and on
to the model's endpoint, so one search finds everything about a request.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from aws_lambda_powertools import Logger

HEADER = "X-Request-Id"
FIELD = "correlation_id"
_CURRENT: ContextVar[str] = ContextVar(FIELD, default="")
_ID = re.compile(r"[\w.-]{1,64}")
"""The form of an id that an endpoint takes for an invocation."""

logger = Logger(service="api")

AnswersEvent = Callable[[Mapping[str, Any], Any], dict[str, Any]]


class _WithRequest(logging.Filter):
    """Adds the request's id to every line; lines before the first request have none."""

    def filter(self, record: logging.LogRecord) -> bool:
        if request := current():
            setattr(record, FIELD, request)
        return True


def begin(event: Mapping[str, Any]) -> str:
    """Sets the id of the request that is answered now; empty if it did not come through API Gateway."""
    given = str((event.get("requestContext") or {}).get("requestId") or "")
    request = given if _ID.fullmatch(given) else ""
    _CURRENT.set(request)
    return request


def current() -> str:
    """The id of the request that is answered; empty outside of one."""
    return _CURRENT.get()


def log_as_json() -> None:
    """Gives the library's loggers the functions' form of a line. For a deployed function, once."""
    library = logging.getLogger("object2vec")
    library.handlers, library.propagate = [logger.registered_handler], False


def logged(answer: AnswersEvent, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answers, and logs a line about it that names no query, no user and no item."""
    started = time.perf_counter()
    reply = answer(event, context)
    logger.info(
        "request",
        extra={
            "method": event.get("httpMethod"),
            "route": event.get("resource"),
            "status": reply["statusCode"],
            "ms": round(1000 * (time.perf_counter() - started), 1),
        },
    )
    return reply


for _handler in logger.handlers:
    _handler.addFilter(_WithRequest())
