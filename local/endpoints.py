"""Endpoints on this machine: models in memory behind the URL that boto3's sagemaker-runtime client calls."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from object2vec.core.endpoints import Embedding, EndpointState, EndpointStatus, instance
from object2vec.model.archive import unpack
from object2vec.serving.app import answer, as_runtime, load_predictor
from object2vec.serving.payload import Answering
from object2vec.storage import ObjectStore

PREFIX = "local"


class LocalEndpoints:
    """`Endpoints` in this process. They end with it; at the next start `LocalSystem.converge` starts the live
    one."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._predictors: dict[str, Answering] = {}

    def name_for(self, model_version: str) -> str:
        return f"{PREFIX}-{model_version}"

    def start(self, name: str, model_artifact: str) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            archive = Path(scratch) / "model.tar.gz"
            self._store.download(model_artifact.removeprefix(f"{self._store.url}/"), archive)
            unpack(archive, Path(scratch) / "model")
            self._predictors[name] = load_predictor(Path(scratch) / "model")

    def status(self, name: str) -> EndpointStatus:
        running = name in self._predictors
        return EndpointStatus(EndpointState.IN_SERVICE if running else EndpointState.ABSENT)

    def embed(self, name: str, given: str | Sequence[int]) -> Embedding:
        reply = self._predictors[name].invoke(orjson.dumps({"instances": [instance(given)]}))
        body = orjson.loads(reply.body)
        return Embedding(body["model_version"], body["predictions"][0]["embeddings"])

    def scale(self, name: str) -> None:
        """Does nothing: there is only this process."""

    def delete(self, name: str) -> None:
        self._predictors.pop(name, None)

    def names(self) -> Sequence[str]:
        return list(self._predictors)

    def route(self) -> Route:
        """`POST /endpoints/{name}/invocations`, the SageMaker runtime's path."""
        return Route("/endpoints/{name}/invocations", self._invoke, methods=["POST"])

    async def _invoke(self, request: Request) -> Response:
        name = request.path_params["name"]
        predictor = self._predictors.get(name)
        if predictor is None:
            running = ", ".join(self._predictors) or "none"
            return JSONResponse(
                {"message": f"no endpoint {name}; running: {running}"},
                status_code=400,
                headers={"x-amzn-ErrorType": "ValidationError"},
            )
        return as_runtime(await answer(predictor, request))
