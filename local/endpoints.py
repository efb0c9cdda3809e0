"""Endpoints on this machine: models in memory behind the URL that boto3's sagemaker-runtime client calls."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from object2vec.core.endpoints import Embedding, EndpointState, EndpointStatus, instance
from object2vec.model.archive import unpack
from object2vec.serving.payload import Answering
from object2vec.storage import ObjectStore

PREFIX = "local"


class LocalEndpoints:
    """`Endpoints` in this process, which end with it; at the next start `LocalSystem.converge` starts the
    live one. Other processes find the endpoints in the file `shared`, and load a model when it is first
    called."""

    def __init__(self, store: ObjectStore, shared: Path) -> None:
        self._store, self._shared = store, shared
        self._predictors: dict[str, Answering] = {}
        self._loading = Lock()

    def name_for(self, model_version: str) -> str:
        return f"{PREFIX}-{model_version}"

    def start(self, name: str, model_artifact: str) -> None:
        key = model_artifact.removeprefix(f"{self._store.url}/")
        self._load(name, key)
        self._share({**self._running(), name: key})

    def _load(self, name: str, key: str) -> Answering:
        from object2vec.serving.app import load_predictor  # torch is slow to import, and seldom needed

        with tempfile.TemporaryDirectory() as scratch:
            archive = Path(scratch) / "model.tar.gz"
            self._store.download(key, archive)
            unpack(archive, Path(scratch) / "model")
            self._predictors[name] = load_predictor(Path(scratch) / "model")
        return self._predictors[name]

    def _running(self) -> dict[str, str]:
        """The keys of the running models, by name."""
        try:
            found: dict[str, str] = orjson.loads(self._shared.read_bytes())
        except (OSError, ValueError):
            return {}
        return found

    def _share(self, running: dict[str, str]) -> None:
        part = self._shared.with_suffix(".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(orjson.dumps(running))
        part.replace(self._shared)

    def _predictor(self, name: str) -> Answering | None:
        with self._loading:
            if name in self._predictors:
                return self._predictors[name]
            key = self._running().get(name)
            return self._load(name, key) if key else None

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
        self._share({other: key for other, key in self._running().items() if other != name})

    def names(self) -> Sequence[str]:
        return list(self._predictors)

    def route(self) -> Route:
        """`POST /endpoints/{name}/invocations`, the SageMaker runtime's path."""
        return Route("/endpoints/{name}/invocations", self._invoke, methods=["POST"])

    async def _invoke(self, request: Request) -> Response:
        from object2vec.serving.app import answer, as_runtime

        name = request.path_params["name"]
        predictor = await run_in_threadpool(self._predictor, name)
        if predictor is None:
            running = ", ".join({**self._running(), **self._predictors}) or "none"
            return JSONResponse(
                {"message": f"no endpoint {name}; running: {running}"},
                status_code=400,
                headers={"x-amzn-ErrorType": "ValidationError"},
            )
        return as_runtime(await answer(predictor, request))
