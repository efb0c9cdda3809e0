"""The requests to SageMaker for one endpoint: the model, and the machine or the serverless capacity for it.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from object2vec.core.endpoints import EndpointUnavailableError
from object2vec.model.builtin.encoder import KIND as BUILTIN
from object2vec.serving.package import SERVING_ENVIRONMENT
from object2vec.storage.digests import digest_of_record

VARIANT = "live"
SERVERLESS = {"MemorySizeInMB": 6144, "MaxConcurrency": 5}
"""The largest serverless endpoint there is; Ray alone needs two gigabytes."""
CAPTURED_PERCENT = 10


@dataclass(frozen=True, kw_only=True)
class EndpointSettings:
    """The settings that all endpoints of one deployment share."""

    prefix: str
    image: str
    role: str
    instance_type: str | None
    """None for a serverless endpoint."""
    builtin_image: str | None = None
    """AWS's own Object2Vec image, for the versions it trained."""
    min_instances: int = 1
    max_instances: int = 1
    """Most instances; above the minimum, the endpoint scales with its load."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of endpoints, their configurations and models."""
    vpc: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """`VpcConfig` of the models; empty: none."""
    ami_version: str | None = None
    """Our GPU image needs a matching host AMI: `InferenceAmiVersion`; AWS's own runs on the default."""
    volume_key: str | None = None
    """KMS key of the instances' volumes."""
    capture_uri: str | None = None
    """Prefix under which a share of the requests and answers is stored."""
    capture_key: str | None = None
    """KMS key of what is stored there; None: AWS's own."""


def fingerprint(settings: EndpointSettings) -> str:
    """Six hexadecimal digits that change with any setting in the requests to SageMaker."""
    asked = [model_request(settings, "", ""), config_request(settings, "")]
    if settings.builtin_image:
        asked.append(model_request(settings, f"{settings.prefix}-{BUILTIN}-", ""))
    return digest_of_record(asked)[:6]


def model_request(settings: EndpointSettings, name: str, model_artifact: str) -> dict[str, Any]:
    """Arguments of `CreateModel`. Serverless endpoints cannot be isolated from the network. Raises
    EndpointUnavailableError for a version of AWS's own image where the deployment has none."""
    container = {"ModelDataUrl": model_artifact} | _program(settings, name)
    return {
        "ModelName": name,
        "PrimaryContainer": container,
        "ExecutionRoleArn": settings.role,
        "EnableNetworkIsolation": settings.instance_type is not None,
        **({"VpcConfig": settings.vpc} if settings.vpc else {}),
    }


def _program(settings: EndpointSettings, name: str) -> dict[str, Any]:
    """The image for the kind of version that the name tells, and its environment."""
    if not _is_builtin(settings, name):
        return {"Image": settings.image, "Environment": SERVING_ENVIRONMENT}
    if settings.builtin_image is None:
        raise EndpointUnavailableError(
            "AWS's own Object2Vec image is there only with algorithm=builtin: deploy with it, or roll back"
        )
    return {"Image": settings.builtin_image, "Environment": {"INFERENCE_PREFERRED_MODE": "embedding"}}


def _is_builtin(settings: EndpointSettings, name: str) -> bool:
    return name.startswith(f"{settings.prefix}-{BUILTIN}-")


def config_request(settings: EndpointSettings, name: str) -> dict[str, Any]:
    """Arguments of `CreateEndpointConfig`."""
    request: dict[str, Any] = {"EndpointConfigName": name, "ProductionVariants": [_variant(settings, name)]}
    if settings.volume_key:
        request["KmsKeyId"] = settings.volume_key
    if settings.capture_uri:
        request["DataCaptureConfig"] = _capture(settings.capture_uri, settings.capture_key)
    return request


def _variant(settings: EndpointSettings, name: str) -> dict[str, Any]:
    variant: dict[str, Any] = {"VariantName": VARIANT, "ModelName": name}
    if settings.instance_type is None:
        return variant | {"ServerlessConfig": SERVERLESS}
    variant |= {"InstanceType": settings.instance_type, "InitialInstanceCount": settings.min_instances}
    ours = settings.ami_version and not _is_builtin(settings, name)
    return variant | ({"InferenceAmiVersion": settings.ami_version} if ours else {})


def tagged(settings: EndpointSettings) -> dict[str, Any]:
    """The argument with the deployment's tags, for whatever is created."""
    tags = [{"Key": name, "Value": value} for name, value in settings.tags.items()]
    return {"Tags": tags} if tags else {}


def _capture(uri: str, key: str | None) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": CAPTURED_PERCENT,
        "DestinationS3Uri": uri,
        **({"KmsKeyId": key} if key else {}),
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    }
