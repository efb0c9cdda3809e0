"""Adapter: endpoints on SageMaker. One model, endpoint config and endpoint a version, all of one name.

https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-deploy-models.html
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import boto3
import orjson
from botocore.exceptions import ClientError

from object2vec.release.endpoint_requests import EndpointSettings, config_request, model_request
from object2vec.release.endpoints import (
    Embedding,
    EndpointState,
    EndpointStatus,
    EndpointUnavailableError,
)
from object2vec.release.scaling import Scaling

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

_STATES = {
    "InService": EndpointState.IN_SERVICE,
    "Failed": EndpointState.FAILED,
    "OutOfService": EndpointState.FAILED,
    "Deleting": EndpointState.STOPPING,
}
_NO_CAPACITY = {"ResourceLimitExceeded", "InsufficientCapacity", "ServiceQuotaExceededException"}
_NAME_LIMIT = 63
_VERSION = re.compile(r"(seed|trained)-[0-9a-f]{12}$")
_PREFIX_LIMIT = _NAME_LIMIT - len("-trained-0123456789ab")


class SageMakerEndpoints:
    """`Endpoints` through the SageMaker API."""

    def __init__(
        self,
        settings: EndpointSettings,
        client: "SageMakerClient | None" = None,
        runtime: "SageMakerRuntimeClient | None" = None,
        scaling: Scaling | None = None,
    ) -> None:
        self._settings = settings
        self._sagemaker: Any = client or boto3.client("sagemaker")
        self._runtime: Any = runtime or boto3.client("sagemaker-runtime")
        if scaling is None and settings.max_instances > 1:
            scaling = Scaling(settings.max_instances)
        self._scaling = scaling

    def name_for(self, model_version: str) -> str:
        room = _NAME_LIMIT - len(model_version) - 1
        return f"{self._settings.prefix[:room]}-{model_version}"

    def start(self, name: str, model_artifact: str) -> None:
        self._create("create_model", **model_request(self._settings, name, model_artifact))
        self._create("create_endpoint_config", **config_request(self._settings, name))
        self._create("create_endpoint", EndpointName=name, EndpointConfigName=name)

    def status(self, name: str) -> EndpointStatus:
        try:
            found = self._sagemaker.describe_endpoint(EndpointName=name)
        except ClientError as error:
            if _is_missing(error):
                return EndpointStatus(EndpointState.ABSENT)
            raise
        state = _STATES.get(found["EndpointStatus"], EndpointState.STARTING)
        return EndpointStatus(state, found.get("FailureReason", ""))

    def embed(self, name: str, text: str) -> Embedding:
        answer = self._runtime.invoke_endpoint(
            EndpointName=name,
            ContentType="application/json",
            Accept="application/json",
            Body=orjson.dumps({"instances": [{"text": text}]}),
        )
        body = orjson.loads(answer["Body"].read())
        return Embedding(body["model_version"], body["predictions"][0]["embeddings"])

    def scale(self, name: str) -> None:
        if self._scaling:
            self._scaling.watch(name)

    def delete(self, name: str) -> None:
        if self._scaling:
            self._scaling.forget(name)
        for operation, parameter in (
            ("delete_endpoint", "EndpointName"),
            ("delete_endpoint_config", "EndpointConfigName"),
            ("delete_model", "ModelName"),
        ):
            try:
                getattr(self._sagemaker, operation)(**{parameter: name})
            except ClientError as error:
                if not _is_missing(error):
                    raise

    def names(self) -> Sequence[str]:
        start = self._settings.prefix[:_PREFIX_LIMIT]
        pages = self._sagemaker.get_paginator("list_endpoints").paginate(NameContains=start)
        found = (endpoint["EndpointName"] for page in pages for endpoint in page["Endpoints"])
        return [name for name in found if self._is_ours(name)]

    def _is_ours(self, name: str) -> bool:
        """Another deployment's prefix may begin with ours: `shop-prod-seed-…` is none of `shop`."""
        version = _VERSION.search(name)
        return version is not None and name == self.name_for(version[0])

    def _create(self, operation: str, **request: Any) -> None:
        try:
            getattr(self._sagemaker, operation)(**request)
        except ClientError as error:
            if _exists(error):
                return
            if error.response["Error"]["Code"] in _NO_CAPACITY:
                raise EndpointUnavailableError(error.response["Error"]["Message"]) from error
            raise


def _is_missing(error: ClientError) -> bool:
    detail = error.response["Error"]
    return detail["Code"] == "ValidationException" and "could not find" in detail["Message"].lower()


def _exists(error: ClientError) -> bool:
    detail = error.response["Error"]
    return detail["Code"] == "ValidationException" and "already exist" in detail["Message"].lower()
