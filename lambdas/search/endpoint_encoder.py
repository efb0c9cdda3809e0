"""Queries encoded by the model's endpoint; env: QUERY_ENCODER (auto, endpoint, in_process), ENDPOINT_PREFIX.

`auto` asks the endpoint only for what has no export; every search model has one, so it encodes in process.
"""

import os
from typing import TYPE_CHECKING, Any

import orjson

from object2vec.release.endpoints import Embedding
from object2vec.search.query_vectors import FromEndpoint, InProcess, QueryVectors

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

CONNECT_S, READ_S = 0.3, 0.7
"""A search that waits longer is better answered with the exported encoder."""


def query_vectors() -> QueryVectors:
    """As the environment says. Raises ValueError for a setting that is none."""
    setting = os.environ.get("QUERY_ENCODER", "auto")
    if setting not in {"auto", "endpoint", "in_process"}:
        raise ValueError(f"QUERY_ENCODER={setting!r}: use auto, endpoint or in_process")
    prefix = os.environ.get("ENDPOINT_PREFIX")
    return FromEndpoint(RuntimeEndpoint(prefix)) if setting == "endpoint" and prefix else InProcess()


class RuntimeEndpoint:
    """Asks the endpoint of a model version by its name, once and with little patience."""

    def __init__(self, prefix: str, client: "SageMakerRuntimeClient | None" = None) -> None:
        self._prefix = prefix
        self._client: Any = client

    def __call__(self, model_version: str, text: str) -> Embedding:
        """Raises what botocore raises, KeyError and ValueError for a reply that is none."""
        answer = self._runtime().invoke_endpoint(
            EndpointName=f"{self._prefix}-{model_version}",
            ContentType="application/json",
            Accept="application/json",
            Body=orjson.dumps({"instances": [{"text": text}]}),
        )
        body = orjson.loads(answer["Body"].read())
        return Embedding(body["model_version"], body["predictions"][0]["embeddings"])

    def _runtime(self) -> Any:
        if self._client is None:
            import boto3  # slow to import, and not needed where queries are encoded in process
            from botocore.config import Config

            patience = Config(
                connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 1}
            )
            self._client = boto3.client("sagemaker-runtime", config=patience)
        return self._client
