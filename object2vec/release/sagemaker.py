"""Adapter: endpoints on SageMaker.

Names tell what belongs together and whose it is: the endpoint of a version is `<prefix>-<version>`; its model
and endpoint config, which cannot be changed, add a fingerprint of the settings they were made with.
https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-deploy-models.html
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import orjson
from botocore.exceptions import ClientError

from object2vec.core.endpoints import (
    Embedding,
    EndpointBusyError,
    EndpointSilentError,
    EndpointState,
    EndpointStatus,
    EndpointUnavailableError,
    instance,
)
from object2vec.release.endpoint_requests import EndpointSettings, config_request, fingerprint, model_request
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
_SILENCE = {"ModelError", "ModelNotReadyException", "ServiceUnavailable", "InternalFailure"}
PREFIX_LIMIT = 63 - len("-trained-0123456789ab-012345")
_LISTS = (
    ("list_endpoints", "Endpoints", "EndpointName"),
    ("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    ("list_models", "Models", "ModelName"),
)


class SageMakerEndpoints:
    """`Endpoints` through the SageMaker API."""

    def __init__(
        self,
        settings: EndpointSettings,
        client: "SageMakerClient | None" = None,
        runtime: "SageMakerRuntimeClient | None" = None,
        scaling: Scaling | None = None,
    ) -> None:
        if len(settings.prefix) > PREFIX_LIMIT:
            raise ValueError(f"endpoint prefix {settings.prefix!r}: at most {PREFIX_LIMIT} characters")
        self._settings = settings
        self._ours = re.compile(rf"({re.escape(settings.prefix)}-[a-z]+-[0-9a-f]{{12}})(-[0-9a-f]{{6}})?")
        self._sagemaker: Any = client or boto3.client("sagemaker")
        self._runtime: Any = runtime or boto3.client("sagemaker-runtime")
        if scaling is None and settings.max_instances > 1:
            scaling = Scaling(settings.max_instances)
        self._scaling = scaling

    def name_for(self, model_version: str) -> str:
        return f"{self._settings.prefix}-{model_version}"

    def start(self, name: str, model_artifact: str) -> None:
        config = self._config_of(name)
        self._create("create_model", **model_request(self._settings, config, model_artifact))
        self._create("create_endpoint_config", **config_request(self._settings, config))
        found = self._described(name)
        if found is None:
            self._create("create_endpoint", EndpointName=name, EndpointConfigName=config)
        elif found["EndpointConfigName"] != config:
            if self._scaling:  # SageMaker changes no instance type of what scales; `scale` registers it again
                self._scaling.forget(name)
            self._create("update_endpoint", EndpointName=name, EndpointConfigName=config)

    def status(self, name: str) -> EndpointStatus:
        found = self._described(name)
        if found is None:
            return EndpointStatus(EndpointState.ABSENT)
        state = _STATES.get(found["EndpointStatus"], EndpointState.STARTING)
        if state is EndpointState.IN_SERVICE and found["EndpointConfigName"] != self._config_of(name):
            state = EndpointState.OUTDATED
        age = datetime.now(UTC) - found["LastModifiedTime"]
        return EndpointStatus(state, found.get("FailureReason", ""), age.total_seconds() / 60)

    def embed(self, name: str, given: str | Sequence[int]) -> Embedding:
        try:
            answer = self._runtime.invoke_endpoint(
                EndpointName=name,
                ContentType="application/json",
                Accept="application/json",
                Body=orjson.dumps({"instances": [instance(given)]}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _SILENCE:
                raise EndpointSilentError(error.response["Error"]["Message"]) from error
            raise
        body = orjson.loads(answer["Body"].read())
        return Embedding(body.get("model_version", ""), body["predictions"][0]["embeddings"])

    def scale(self, name: str) -> None:
        if self._scaling:
            self._scaling.watch(name)

    def delete(self, name: str) -> None:
        if self._scaling:
            self._scaling.forget(name)
        self._remove("delete_endpoint", EndpointName=name)
        for config in self._listed(*_LISTS[1], of=name):
            self._remove("delete_endpoint_config", EndpointConfigName=config)
        for model in self._listed(*_LISTS[2], of=name):
            self._remove("delete_model", ModelName=model)

    def names(self) -> Sequence[str]:
        found = [name for what in _LISTS for name in self._listed(*what, of=self._settings.prefix)]
        ours = (self._ours.fullmatch(name) for name in found)
        return list(dict.fromkeys(match[1] for match in ours if match))

    def _config_of(self, name: str) -> str:
        return f"{name}-{fingerprint(self._settings)}"

    def _described(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._sagemaker.describe_endpoint(EndpointName=name)
        except ClientError as error:
            if _is_missing(error):
                return None
            raise
        return found

    def _listed(self, operation: str, key: str, name: str, *, of: str) -> list[str]:
        """Names that start with `of`; the API's filter looks for it anywhere."""
        pages = self._sagemaker.get_paginator(operation).paginate(NameContains=of)
        return [entry[name] for page in pages for entry in page[key] if entry[name].startswith(f"{of}-")]

    def _remove(self, operation: str, **request: str) -> None:
        try:
            getattr(self._sagemaker, operation)(**request)
        except ClientError as error:
            if _is_busy(error):
                raise EndpointBusyError(error.response["Error"]["Message"]) from error
            if not _is_missing(error):
                raise

    def _create(self, operation: str, **request: Any) -> None:
        try:
            getattr(self._sagemaker, operation)(**request)
        except ClientError as error:
            if _exists(error):
                return
            if error.response["Error"]["Code"] in _NO_CAPACITY:
                raise EndpointUnavailableError(error.response["Error"]["Message"]) from error
            raise


def _is_busy(error: ClientError) -> bool:
    detail = error.response["Error"]
    return detail["Code"] == "ValidationException" and "in-progress" in detail["Message"].lower()


def _is_missing(error: ClientError) -> bool:
    detail = error.response["Error"]
    return detail["Code"] == "ValidationException" and "could not find" in detail["Message"].lower()


def _exists(error: ClientError) -> bool:
    detail = error.response["Error"]
    return detail["Code"] == "ValidationException" and "already exist" in detail["Message"].lower()
