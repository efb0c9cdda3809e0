"""The double over HTTP: SageMaker's API at `POST /`, its runtime API at `/endpoints/{name}/invocations`."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from e2e.double.buckets import Buckets
from e2e.double.errors import ServiceError
from e2e.double.hosting import HostingDouble
from e2e.double.pipelines import Pipelines
from e2e.double.registry import Registry
from e2e.double.service import Service

SILENCE_S = 60.0
"""Longer than anybody waits for an endpoint."""


@contextmanager
def sagemaker_double(port: int, arn: str, scratch: Path) -> Iterator[HostingDouble]:
    """Serves for as long as the context lasts; gives the part that hosts endpoints. `arn`: what the account's
    ARNs start with; `scratch`: where the jobs run."""
    hosting, registry = HostingDouble(Buckets(), arn), Registry(arn)
    service = Service([hosting, registry, Pipelines(Buckets(), registry, scratch, arn)])
    app = Starlette(routes=[service.route(), _runtime(hosting)])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield hosting
    finally:
        hosting.stop()
        server.should_exit = True
        thread.join(timeout=5)


def _runtime(hosting: HostingDouble) -> Route:
    async def invoke(request: Request) -> Response:
        headers = {name: request.headers.get(name, "") for name in ("content-type", "accept")}
        try:
            container = hosting.container(request.path_params["name"])
        except ServiceError as error:
            return JSONResponse({"message": str(error)}, 400, {"x-amzn-errortype": error.code})
        if hosting.is_silent:
            await asyncio.sleep(SILENCE_S)
            return Response(status_code=504)
        status, body, kind = await run_in_threadpool(container.invoke, await request.body(), headers)
        return Response(body, status, media_type=kind)

    return Route("/endpoints/{name}/invocations", invoke, methods=["POST"])
