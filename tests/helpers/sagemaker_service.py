"""Names of an endpoint, and the service's answers, for the tests of the SageMaker adapter."""

from datetime import UTC, datetime

from botocore.stub import Stubber

from object2vec.release.endpoint_requests import EndpointSettings, fingerprint
from object2vec.release.sagemaker import SageMakerEndpoints

SETTINGS = EndpointSettings(
    prefix="shop",
    image="763104351884.dkr.ecr.eu-central-1.amazonaws.com/ray:1",
    role="arn:aws:iam::123456789012:role/model",
    instance_type="ml.m5.large",
)
VERSION = "trained-0123456789ab"
NAME = f"shop-{VERSION}"
CONFIG = f"{NAME}-{fingerprint(SETTINGS)}"
MODEL = "s3://bucket/releases/v1/model.tar.gz"
CREATIONS = (
    ("create_model", {"ModelArn": "arn:aws:sagemaker:eu-central-1:123456789012:model/m"}),
    ("create_endpoint_config", {"EndpointConfigArn": "arn:aws:sagemaker:eu-central-1:1:endpoint-config/e"}),
    ("create_endpoint", {"EndpointArn": "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/e"}),
)
DELETIONS = ("delete_endpoint", "delete_endpoint_config", "delete_model")
MISSING = ("ValidationException", 'Could not find endpoint "arn:…".', 400)


def described(state="InService", config=CONFIG, **more):
    """An answer of `DescribeEndpoint`."""
    return {
        "EndpointName": NAME, "EndpointArn": CREATIONS[2][1]["EndpointArn"], "EndpointStatus": state,
        "EndpointConfigName": config, "CreationTime": 0, "LastModifiedTime": datetime.now(UTC),
    } | more  # fmt: skip


def over(stub: Stubber) -> SageMakerEndpoints:
    return SageMakerEndpoints(SETTINGS, stub.client)
