"""Queries encoded by the model's endpoint.

With `query_encoder=auto` it is asked only for what has no export: a model of AWS's own image, which takes
tokens.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from lambdas.http.logs import current
from lambdas.settings import SearchSettings
from object2vec.core.arrays import Vectors
from object2vec.core.deadline import deadline
from object2vec.core.endpoints import Embedding
from object2vec.model.builtin.encoder import Ask
from object2vec.model.builtin.tokens import Tokens
from object2vec.search.query_vectors import Breaker, FromEndpoint, InProcess, QueryVectors

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

CONNECT_S, READ_S = 0.3, 0.7
"""A search that waits longer is better answered with the exported encoder."""
AT_MOST_S = 2.0
"""For the whole answer, however it trickles in."""


def query_vectors(settings: SearchSettings) -> QueryVectors:
    """The encoder of queries."""
    asks = settings.query_encoder == "endpoint" and settings.endpoint_prefix
    return FromEndpoint(RuntimeEndpoint(settings.endpoint_prefix)) if asks else InProcess()


def token_endpoint(settings: SearchSettings) -> Ask | None:
    """The encoder for a release whose model only an endpoint can read; None where there is no endpoint."""
    if not settings.endpoint_prefix:
        return None
    endpoint, breaker = RuntimeEndpoint(settings.endpoint_prefix), Breaker()
    return lambda model_version, sequences: breaker.call(lambda: endpoint.tokens(model_version, sequences))


class RuntimeEndpoint:
    """Asks the endpoint of a model version by its name, once and with a short time-out."""

    def __init__(self, prefix: str, client: "SageMakerRuntimeClient | None" = None) -> None:
        self._prefix = prefix
        self._client: Any = client

    def __call__(self, model_version: str, text: str) -> Embedding:
        """Raises what botocore raises, KeyError and ValueError for a reply that is none."""
        body = self._answer(model_version, [{"text": text}])
        return Embedding(body["model_version"], body["predictions"][0]["embeddings"])

    def tokens(self, model_version: str, sequences: Sequence[Tokens]) -> Vectors:
        """(n, d) what the model answers for each list of tokens as in0. Raises as `__call__` does."""
        body = self._answer(model_version, [{"in0": tokens} for tokens in sequences])
        vectors = np.array([prediction["embeddings"] for prediction in body["predictions"]], np.float32)
        if len(vectors) != len(sequences) or not np.isfinite(vectors).all():
            raise ValueError(f"it answered with no {len(sequences)} vectors")
        return vectors

    def _answer(self, model_version: str, instances: Sequence[Mapping[str, Any]]) -> Any:
        request = current()
        told = {"InferenceId": request, "CustomAttributes": request} if request else {}
        runtime = self._runtime()
        with deadline(AT_MOST_S):
            answer = runtime.invoke_endpoint(
                EndpointName=f"{self._prefix}-{model_version}",
                ContentType="application/json",
                Accept="application/json",
                Body=orjson.dumps({"instances": instances}),
                **told,
            )
            return orjson.loads(answer["Body"].read())

    def _runtime(self) -> Any:
        if self._client is None:
            import boto3  # slow to import, and not needed where queries are encoded in process
            from botocore.config import Config

            patience = Config(
                connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 1}
            )
            self._client = boto3.client("sagemaker-runtime", config=patience)
        return self._client
