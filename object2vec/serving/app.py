"""The predictor as an ASGI application, for a laptop, the tests and behind Ray Serve.

`POST /invocations` and `GET /ping` are a SageMaker container's routes, `POST /endpoints/{name}/invocations`
the runtime API's, so boto3's sagemaker-runtime client works with this as its endpoint_url. `POST /` is where
the Ray image forwards to.
"""

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from object2vec.serving.payload import Answering, PayloadError, UnsupportedTypeError

VERSION_HEADER = "X-Model-Version"
MAX_BODY = (
    6 * 1024 * 1024
)  # SageMaker's own limit: https://docs.aws.amazon.com/general/latest/gr/sagemaker.html


def create_app(predictor: Answering) -> Starlette:
    """All routes over one predictor."""

    async def invocations(request: Request) -> Response:
        return await answer(predictor, request)

    async def ping(_: Request) -> Response:
        return JSONResponse({"status": "ok", "model_version": predictor.version})

    posts = ("/", "/invocations", "/endpoints/{name}/invocations")
    return Starlette(
        routes=[Route("/ping", ping), *(Route(path, invocations, methods=["POST"]) for path in posts)]
    )


async def answer(predictor: Answering, request: Request) -> Response:
    """One invocation; whatever is wrong with the payload is a 4xx whose body says it."""
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
