"""Adapter: endpoints on SageMaker.

Names tell what belongs together and to which stack. The endpoint of a version is `<prefix>-<version>`; its
model and endpoint config, which cannot be changed, add a fingerprint of the settings they were made with.
https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-deploy-models.html
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import orjson
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from object2vec.core.deadline import deadline
from object2vec.core.endpoints import (
    Embedding,
    EndpointBusyError,
    EndpointProviderError,
    EndpointSilentError,
    EndpointState,
    EndpointStatus,
    EndpointUnavailableError,
    instance,
)
from object2vec.release.endpoint_requests import (
    EndpointSettings,
    config_request,
    fingerprint,
    model_request,
    tagged,
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
CONTROL = Config(connect_timeout=3, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 3})
INVOCATION = Config(connect_timeout=3, read_timeout=30, retries={"total_max_attempts": 1})
"""By botocore's defaults a silent endpoint would use up three minutes of the function that asks it."""
ANSWERED_S = 60
"""Seconds for the whole answer of an endpoint: as long as SageMaker gives its container.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""
_LATER = {
    "ThrottlingException",
    "Throttling",
    "RequestLimitExceeded",
    "InternalFailure",
    "ServiceUnavailable",
}
_ROLE_IS_NEW = "could not assume role"
"""Words of SageMaker's error for a role that is only seconds old, since changes of IAM take a while:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html."""
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
        self._sagemaker: Any = client or boto3.client("sagemaker", config=CONTROL)
        self._runtime: Any = runtime or boto3.client("sagemaker-runtime", config=INVOCATION)
        if scaling is None and settings.max_instances > settings.min_instances:
            autoscaling = boto3.client("application-autoscaling", config=CONTROL)
            scaling = Scaling(settings.max_instances, autoscaling, min_instances=settings.min_instances)
        self._scaling = scaling

    def name_for(self, model_version: str) -> str:
        return f"{self._settings.prefix}-{model_version}"

    def start(self, name: str, model_artifact: str) -> None:
        config = self._config_of(name)
        tags = tagged(self._settings)
        self._create("create_model", **model_request(self._settings, config, model_artifact), **tags)
        self._create("create_endpoint_config", **config_request(self._settings, config), **tags)
        endpoint = self._described(name)
        if endpoint is None:
            self._create("create_endpoint", EndpointName=name, EndpointConfigName=config, **tags)
        elif endpoint["EndpointConfigName"] != config:
            self._stop_scaling(name)  # SageMaker changes no instance type of what scales
            self._create("update_endpoint", EndpointName=name, EndpointConfigName=config)

    def status(self, name: str) -> EndpointStatus:
        endpoint = self._described(name)
        if endpoint is None:
            return EndpointStatus(EndpointState.ABSENT)
        state = _STATES.get(endpoint["EndpointStatus"], EndpointState.STARTING)
        if state is EndpointState.IN_SERVICE and endpoint["EndpointConfigName"] != self._config_of(name):
            state = EndpointState.OUTDATED
        age = datetime.now(UTC) - endpoint["LastModifiedTime"]
        return EndpointStatus(state, endpoint.get("FailureReason", ""), age.total_seconds() / 60)

    def embed(self, name: str, given: str | Sequence[int]) -> Embedding:
        try:
            with deadline(ANSWERED_S):
                answer = self._runtime.invoke_endpoint(
                    EndpointName=name,
                    ContentType="application/json",
                    Accept="application/json",
                    Body=orjson.dumps({"instances": [instance(given)]}),
                )
                data = answer["Body"].read()
        except TimeoutError as error:
            raise EndpointSilentError(str(error)) from error
        except (ClientError, BotoCoreError) as error:
            raise EndpointSilentError(_said(error)) from error
        try:
            body = orjson.loads(data)
            vector = [float(value) for value in body["predictions"][0]["embeddings"]]
            return Embedding(body.get("model_version", ""), vector)
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            raise EndpointSilentError(f"{name} answers {data[:100]!r}, which is no embedding") from error

    def scale(self, name: str) -> None:
        if self._scaling:
            with _refusals():
                self._scaling.register(name)

    def delete(self, name: str) -> None:
        self._stop_scaling(name)
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
        except (ClientError, BotoCoreError) as error:
            if _is_missing(error):
                return None
            raise EndpointProviderError(_said(error)) from error
        return found

    def _listed(self, operation: str, key: str, name: str, *, of: str) -> list[str]:
        """The names that start with `of`; the API's own filter finds it anywhere in a name."""
        pages = self._sagemaker.get_paginator(operation).paginate(NameContains=of)
        with _refusals():
            return [entry[name] for page in pages for entry in page[key] if entry[name].startswith(f"{of}-")]

    def _stop_scaling(self, name: str) -> None:
        if self._scaling:
            with _refusals():
                self._scaling.deregister(name)

    def _remove(self, operation: str, **request: str) -> None:
        try:
            getattr(self._sagemaker, operation)(**request)
        except (ClientError, BotoCoreError) as error:
            if _says(error, "in-progress"):
                raise EndpointBusyError(_said(error)) from error
            if not _is_missing(error):
                raise EndpointProviderError(_said(error)) from error

    def _create(self, operation: str, **request: Any) -> None:
        try:
            getattr(self._sagemaker, operation)(**request)
        except (ClientError, BotoCoreError) as error:
            if _says(error, "already exist"):
                return
            refusal = EndpointProviderError if _may_pass(error) else EndpointUnavailableError
            raise refusal(_said(error)) from error


@contextmanager
def _refusals() -> Iterator[None]:
    """Raises EndpointProviderError for whatever the provider answers but a success."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise EndpointProviderError(_said(error)) from error


def _said(error: ClientError | BotoCoreError) -> str:
    """The provider's message."""
    if isinstance(error, BotoCoreError):
        return str(error)
    return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"


def _may_pass(error: ClientError | BotoCoreError) -> bool:
    """Whether the same request may be taken some minutes later."""
    if isinstance(error, BotoCoreError):
        return True
    return error.response["Error"]["Code"] in _LATER or _says(error, _ROLE_IS_NEW)


def _says(error: ClientError | BotoCoreError, words: str) -> bool:
    """Whether the error's message has these words: SageMaker has one code for most kinds of error."""
    if isinstance(error, BotoCoreError):
        return False
    detail = error.response["Error"]
    return detail["Code"] == "ValidationException" and words in detail["Message"].lower()


def _is_missing(error: ClientError | BotoCoreError) -> bool:
    return _says(error, "could not find")
