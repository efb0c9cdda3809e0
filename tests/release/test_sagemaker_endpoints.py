"""The SageMaker adapter. moto plays the service; botocore's Stubber checks requests and plays errors."""

import io

import boto3
import orjson
import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws

from object2vec.release.endpoint_requests import EndpointSettings
from object2vec.release.endpoints import Embedding, EndpointState, EndpointStatus, EndpointUnavailableError
from object2vec.release.sagemaker import SageMakerEndpoints
from object2vec.serving.package import SERVING_ENVIRONMENT

SETTINGS = EndpointSettings(
    prefix="shop",
    image="763104351884.dkr.ecr.eu-central-1.amazonaws.com/ray:1",
    role="arn:aws:iam::123456789012:role/model",
    instance_type="ml.m5.large",
)
VERSION = "trained-0123456789ab"
NAME = f"shop-{VERSION}"
MODEL = "s3://bucket/releases/v1/model.tar.gz"
CREATIONS = (
    ("create_model", {"ModelArn": "arn:aws:sagemaker:eu-central-1:123456789012:model/m"}),
    ("create_endpoint_config", {"EndpointConfigArn": "arn:aws:sagemaker:eu-central-1:1:endpoint-config/e"}),
    ("create_endpoint", {"EndpointArn": "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/e"}),
)
DELETIONS = ("delete_endpoint", "delete_endpoint_config", "delete_model")


@pytest.fixture(autouse=True)
def account(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def moto():
    with mock_aws():
        yield boto3.client("sagemaker")


@pytest.fixture
def service():
    """The answers are scripted; a request that botocore's model does not know fails the test."""
    client = boto3.client("sagemaker")
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def over(stub: Stubber) -> SageMakerEndpoints:
    return SageMakerEndpoints(SETTINGS, stub.client)


def test_an_endpoint_comes_and_goes(moto):
    endpoints = SageMakerEndpoints(SETTINGS)
    assert endpoints.status(NAME).state is EndpointState.ABSENT
    endpoints.start(NAME, MODEL)
    endpoints.start(NAME, MODEL)
    assert endpoints.status(NAME) == EndpointStatus(EndpointState.IN_SERVICE)
    assert endpoints.names() == [NAME]
    endpoints.delete(NAME)
    endpoints.delete(NAME)
    assert endpoints.names() == []
    assert endpoints.status(NAME).state is EndpointState.ABSENT
    assert moto.list_models()["Models"] == []
    assert moto.list_endpoint_configs()["EndpointConfigs"] == []


def test_what_is_created_is_the_isolated_ray_model(service):
    container = {"Image": SETTINGS.image, "ModelDataUrl": MODEL, "Environment": SERVING_ENVIRONMENT}
    model = {
        "ModelName": NAME, "PrimaryContainer": container, "ExecutionRoleArn": SETTINGS.role,
        "EnableNetworkIsolation": True,
    }  # fmt: skip
    variant = {
        "VariantName": "live", "ModelName": NAME, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1,
    }  # fmt: skip
    service.add_response(*CREATIONS[0], model)
    service.add_response(*CREATIONS[1], {"EndpointConfigName": NAME, "ProductionVariants": [variant]})
    service.add_response(*CREATIONS[2], {"EndpointName": NAME, "EndpointConfigName": NAME})
    over(service).start(NAME, MODEL)


def test_a_gpu_endpoint_names_its_host_image():
    settings = EndpointSettings(
        prefix="shop",
        image="i",
        role=SETTINGS.role,
        instance_type="ml.g5.xlarge",
        ami_version="al2-ami-sagemaker-inference-gpu-3-1",
    )
    client = boto3.client("sagemaker")
    variant = {
        "VariantName": "live", "ModelName": NAME, "InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 1,
        "InferenceAmiVersion": "al2-ami-sagemaker-inference-gpu-3-1",
    }  # fmt: skip
    with Stubber(client) as stub:
        stub.add_response(*CREATIONS[0])
        stub.add_response(*CREATIONS[1], {"EndpointConfigName": NAME, "ProductionVariants": [variant]})
        stub.add_response(*CREATIONS[2], {"EndpointName": NAME, "EndpointConfigName": NAME})
        SageMakerEndpoints(settings, client).start(NAME, MODEL)


@pytest.mark.parametrize("existing", range(4))
def test_a_start_goes_on_where_one_was_cut_off(service, existing):
    messages = (
        f'Cannot create already existing model "arn:aws:sagemaker:…:model/{NAME}".',
        f'Cannot create already existing endpoint configuration "arn:…:endpoint-config/{NAME}".',
        f'Cannot create already existing endpoint "arn:aws:sagemaker:…:endpoint/{NAME}".',
    )
    for number, (operation, answer) in enumerate(CREATIONS):
        if number < existing:
            service.add_client_error(operation, "ValidationException", messages[number], 400)
        else:
            service.add_response(operation, answer)
    over(service).start(NAME, MODEL)


@pytest.mark.parametrize(
    "code", ["ResourceLimitExceeded", "InsufficientCapacity", "ServiceQuotaExceededException"]
)
def test_a_quota_is_the_providers_own_reason(service, code):
    reason = "The account-level service limit 'ml.m5.large for endpoint usage' is 0 Instances"
    service.add_response(*CREATIONS[0])
    service.add_response(*CREATIONS[1])
    service.add_client_error("create_endpoint", code, reason, 400)
    with pytest.raises(EndpointUnavailableError, match=reason):
        over(service).start(NAME, MODEL)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDeniedException", "not authorized"),
        ("ValidationException", "Could not access model data at s3://…"),
    ],
)
def test_any_other_refusal_stays_itself(service, code, message):
    service.add_client_error("create_model", code, message, 400)
    with pytest.raises(ClientError, match=message):
        over(service).start(NAME, MODEL)


@pytest.mark.parametrize("there", DELETIONS)
def test_a_deletion_goes_on_where_one_was_cut_off(service, there):
    for operation in DELETIONS:
        if operation == there:
            service.add_response(operation, {})
        else:
            service.add_client_error(operation, "ValidationException", "Could not find …", 400)
    over(service).delete(NAME)


def test_a_deletion_that_is_refused_is_not_taken_for_done(service):
    service.add_client_error("delete_endpoint", "AccessDeniedException", "not authorized", 400)
    with pytest.raises(ClientError, match="not authorized"):
        over(service).delete(NAME)


STATES = {
    "InService": EndpointState.IN_SERVICE,
    "Failed": EndpointState.FAILED,
    "OutOfService": EndpointState.FAILED,
    "Deleting": EndpointState.STOPPING,
}


def test_every_state_botocore_knows_is_mapped():
    shape = boto3.client("sagemaker").meta.service_model.shape_for("EndpointStatus")
    assert set(STATES) < set(shape.enum)
    for state in shape.enum:
        client = boto3.client("sagemaker")
        with Stubber(client) as stub:
            described = {
                "EndpointName": NAME, "EndpointArn": CREATIONS[2][1]["EndpointArn"], "EndpointStatus": state,
                "CreationTime": 0, "LastModifiedTime": 0, "FailureReason": "why",
            }  # fmt: skip
            stub.add_response("describe_endpoint", described, {"EndpointName": NAME})
            found = SageMakerEndpoints(SETTINGS, client).status(NAME)
        assert found == EndpointStatus(STATES.get(state, EndpointState.STARTING), "why")


def test_a_status_that_may_not_be_read_is_an_error(service):
    service.add_client_error("describe_endpoint", "AccessDeniedException", "not authorized", 400)
    with pytest.raises(ClientError):
        over(service).status(NAME)


def test_endpoints_of_other_deployments_are_not_ours(moto):
    """A stack may be called as another with a suffix: retiring must never reach over."""
    ours = SageMakerEndpoints(SETTINGS)
    for prefix in ("shop", "shop-prod", "my-shop", "shop2"):
        settings = EndpointSettings(prefix=prefix, image="i", role=SETTINGS.role, instance_type="ml.m5.large")
        theirs = SageMakerEndpoints(settings)
        theirs.start(theirs.name_for(VERSION), MODEL)
        theirs.start(theirs.name_for("seed-0123456789ab"), MODEL)
    assert sorted(ours.names()) == ["shop-seed-0123456789ab", NAME]


@pytest.mark.parametrize("prefix", ["s", "shop", "shop-" * 9 + "prod", "x" * 63, "x" * 128])
def test_each_version_has_a_name_of_its_own_whatever_the_stack_is_called(moto, prefix):
    endpoints = SageMakerEndpoints(
        EndpointSettings(prefix=prefix, image="i", role=SETTINGS.role, instance_type="ml.m5.large")
    )
    names = [endpoints.name_for(f"trained-{number:012x}") for number in range(16)]
    assert len(set(names)) == 16
    for name in names[:2]:
        assert len(name) <= 63
        endpoints.start(name, MODEL)
    assert sorted(endpoints.names()) == sorted(names[:2])


def test_a_long_listing_goes_on_over_pages(service):
    def page(name):
        arn = CREATIONS[2][1]["EndpointArn"]
        times = {"CreationTime": 0, "LastModifiedTime": 0}
        return [{"EndpointName": name, "EndpointArn": arn, "EndpointStatus": "InService"} | times]

    names = [NAME, "shop-seed-0123456789ab"]
    service.add_response("list_endpoints", {"Endpoints": page(names[0]), "NextToken": "t"})
    service.add_response(
        "list_endpoints", {"Endpoints": page(names[1])}, {"NameContains": "shop", "NextToken": "t"}
    )
    assert over(service).names() == names


def test_a_real_invocation_is_object2vecs_own_payload():
    client = boto3.client("sagemaker-runtime")
    body = orjson.dumps({"predictions": [{"embeddings": [0.6, 0.8]}], "model_version": VERSION})
    with Stubber(client) as stub:
        stub.add_response(
            "invoke_endpoint",
            {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "application/json"},
            {
                "EndpointName": NAME, "ContentType": "application/json", "Accept": "application/json",
                "Body": b'{"instances":[{"text":"a red shirt"}]}',
            },
        )  # fmt: skip
        endpoints = SageMakerEndpoints(SETTINGS, boto3.client("sagemaker"), client)
        assert endpoints.embed(NAME, "a red shirt") == Embedding(VERSION, [0.6, 0.8])
