"""The predictor as an ASGI application, for a laptop, the tests and behind Ray Serve.

`POST /invocations` and `GET /ping` are a SageMaker container's routes, `POST /endpoints/{name}/invocations`
the runtime API's, so boto3's sagemaker-runtime client works with this as its endpoint_url. `POST /` is where
the Ray image forwards to.
"""

import json
import logging
import time
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from object2vec.model.pairs.shape import KIND
from object2vec.model.retrieval.artefact import kind_of
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.serving.payload import Answering, PayloadError, UnsupportedTypeError
from object2vec.serving.predictor import Predictor

VERSION_HEADER = "X-Model-Version"
CALLER_HEADER = "X-Amzn-SageMaker-Custom-Attributes"
"""The header in which a caller names its invocation: the API sends the id of its request.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""
requests_log = logging.getLogger("object2vec.serving.requests")
"""A line of JSON for each invocation; the endpoint's own program sends it to the container's log."""
MAX_BODY = (
    6 * 1024 * 1024
)  # SageMaker's own limit: https://docs.aws.amazon.com/general/latest/gr/sagemaker.html


def create_app(predictor: Answering) -> Starlette:
    """All routes over one predictor."""

    async def invocations(request: Request) -> Response:
        return await answer(predictor, request)

    async def ping(_: Request) -> Response:
        return JSONResponse({"status": "ok", "model_version": predictor.version})

    async def runtime(request: Request) -> Response:
        return as_runtime(await answer(predictor, request))

    return Starlette(
        routes=[
            Route("/ping", ping),
            *(Route(path, invocations, methods=["POST"]) for path in ("/", "/invocations")),
            Route("/endpoints/{name}/invocations", runtime, methods=["POST"]),
        ]
    )


def as_runtime(reply: Response) -> Response:
    """A container's reply as the runtime API passes it on: its errors are a ModelError, as boto3 raises it.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""
    if reply.status_code < 400:
        return reply
    reason, whose = bytes(reply.body).decode(), "client" if reply.status_code < 500 else "server"
    message = f'Received {whose} error ({reply.status_code}) from AllTraffic with message "{reason}".'
    return JSONResponse(
        {
            "Message": message,
            "OriginalMessage": reason,
            "OriginalStatusCode": reply.status_code,
        },
        424,
        {"x-amzn-ErrorType": "ModelError"},
    )


async def answer(predictor: Answering, request: Request) -> Response:
    """One invocation, told to `requests_log` where its caller named it."""
    started = time.perf_counter()
    reply = await _answered(predictor, request)
    if caller := request.headers.get(CALLER_HEADER):
        line = {
            "message": "invocation",
            "correlation_id": caller[:64],
            "model_version": predictor.version,
            "status": reply.status_code,
            "ms": round(1000 * (time.perf_counter() - started), 1),
        }
        requests_log.info(json.dumps(line))
    return reply


async def _answered(predictor: Answering, request: Request) -> Response:
    """The reply. An error in the payload is a 4xx whose body says what is wrong."""
    headers = {VERSION_HEADER: predictor.version, "x-Amzn-Invoked-Production-Variant": "AllTraffic"}
    body = await request.body()
    if len(body) > MAX_BODY:
        return JSONResponse({"error": f"the body has more than {MAX_BODY} bytes"}, 413, headers)
    content_type = request.headers.get("content-type", "")
    try:
        reply = await run_in_threadpool(
            predictor.invoke, body, content_type, request.headers.get("accept", "")
        )
    except UnsupportedTypeError as error:
        return JSONResponse({"error": str(error)}, 415, headers)
    except PayloadError as error:
        return JSONResponse({"error": str(error)}, 400, headers)
    return Response(reply.body, media_type=reply.content_type, headers=headers)


def load_predictor(folder: Path, preferred_mode: str = "") -> Answering:
    """The predictor for the kind of artefact in a folder. Raises ArtefactError, or
    ValueError for an unknown INFERENCE_PREFERRED_MODE."""
    if kind_of(folder) != KIND:
        return Predictor(load_encoder(folder))
    # need torch, which embeddings do without
    from object2vec.model.pairs.artefact import read_pair_artefact, read_vocabularies
    from object2vec.serving.pair_predictor import PairPredictor

    manifest, network = read_pair_artefact(folder)
    return PairPredictor(manifest, network, preferred_mode, read_vocabularies(folder, manifest))
