"""`python -m benchmarks.speed.empty_server PORT`: the local server with a handler that does nothing, which
is the least that a request costs."""

import sys
from typing import Any

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from local.server import application
from local.workers import listener

ANSWER = {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}


def empty(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The handler."""
    return ANSWER


def main() -> None:
    """Serves until it is ended."""
    app = application(Route("/endpoints/none", lambda _: PlainTextResponse("")), empty)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    server.run(sockets=[listener(int(sys.argv[1]))])


if __name__ == "__main__":
    main()
