"""HTTP in front of a Lambda handler: what API Gateway's REST proxy integration does, on this machine.

Requests become the events and answers the responses of
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
so what is served here is the deployed handler, unchanged.
"""

import asyncio
import base64
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from lambdas.http.router import HEADERS
from local.gateway_event import gateway_event

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

MAX_BODY_BYTES = 10 << 20
"""API Gateway's payload limit; a handler may have a lower one."""
MOST_WAITING = 64
"""Requests that wait for the handler: more are told to come again, so that none waits for minutes."""
BODY_SECONDS = 20.0
"""Longest time that a client may take to send a request."""
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_PROBLEM = "application/problem+json"
GUARDED = {name: value for name, (value,) in HEADERS.items()}
"""Headers of what the server answers by itself, those of the API."""

_log = logging.getLogger(__name__)


def gateway(handler: Handler) -> Starlette:
    """An ASGI application that answers every request with the handler, which gets several at a time."""
    waiting = Semaphore(MOST_WAITING)
    threads = ThreadPoolExecutor(MOST_WAITING, "request")

    async def answer(request: Request) -> Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except TimeoutError:
            return problem_response(
                408, "too-slow", "The request took too long", f"send it within {BODY_SECONDS:.0f} s"
            )
        if body is None:
            return problem_response(
                413, "too-large", "The body is too large", f"send at most {MAX_BODY_BYTES:,} bytes"
            )
        if not waiting.acquire(blocking=False):
            return busy(f"{MOST_WAITING} requests are waiting already")
        try:
            event, loop = _event(request, body), asyncio.get_running_loop()
            return _response(await loop.run_in_executor(threads, handler, event, None), request.method)
        except Exception:  # a fault of one handler ends no server; API Gateway answers 502 too
            _log.exception("%s %s", request.method, request.url.path)
            return problem_response(502, "bad-gateway", "The handler failed", "see the server's log")
        finally:
            waiting.release()

    routes = [Route("/{path:path}", answer, methods=_METHODS)]
    return Starlette(routes=routes, exception_handlers={404: not_routed})


async def not_routed(_request: Request, _error: Exception) -> Response:
    """Answers a path that no route takes, for example one with a line break."""
    return problem_response(
        404, "unknown-path", "Nothing is here", "see /openapi.json for the paths there are"
    )


async def _body(request: Request) -> bytes | None:
    """The body; None as soon as it is larger than allowed."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _event(request: Request, body: bytes) -> dict[str, Any]:
    return gateway_event(
        "GET" if request.method == "HEAD" else request.method,
        request.scope["raw_path"].decode("ascii", "replace"),
        query=request.query_params.multi_items(),
        headers=request.headers.items(),
        body=body,
        source_ip=request.client.host if request.client else None,
    )


def _response(answer: dict[str, Any], method: str) -> Response:
    text = answer.get("body") or ""
    body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
    response = Response(body, status_code=int(answer["statusCode"]))
    if method == "HEAD":  # headers as for GET, content-length included, and no body
        response.body = b""
    single: dict[str, Any] = answer.get("headers") or {}
    for name, values in {
        **{k: [v] for k, v in single.items()},
        **(answer.get("multiValueHeaders") or {}),
    }.items():
        for value in values:
            response.headers.append(name, str(value))
    return response


def busy(why: str) -> Response:
    """The answer to a request that was not looked at."""
    refusal = problem_response(503, "busy", "The server is busy", f"{why}: send it again in a second")
    refusal.headers["retry-after"] = "1"
    return refusal


def problem_response(status: int, slug: str, title: str, detail: str) -> Response:
    """The answer with a problem document that the server itself makes."""
    problem = {"type": f"urn:object2vec:problem:{slug}", "title": title, "status": status, "detail": detail}
    return Response(json.dumps(problem), status_code=status, headers=GUARDED, media_type=_PROBLEM)
