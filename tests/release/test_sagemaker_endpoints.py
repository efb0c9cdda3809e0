"""The SageMaker adapter. moto plays the service; botocore's Stubber checks requests and plays errors."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import orjson
import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws

from object2vec.release.endpoint_requests import EndpointSettings, fingerprint
from object2vec.release.endpoints import (
    Embedding,
    EndpointBusyError,
    EndpointSilentError,
    EndpointState,
    EndpointUnavailableError,
)
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
    assert endpoints.status(NAME).state is EndpointState.IN_SERVICE
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
        "ModelName": CONFIG, "PrimaryContainer": container, "ExecutionRoleArn": SETTINGS.role,
        "EnableNetworkIsolation": True,
    }  # fmt: skip
    variant = {
        "VariantName": "live", "ModelName": CONFIG, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1,
    }  # fmt: skip
    service.add_response(*CREATIONS[0], model)
    service.add_response(*CREATIONS[1], {"EndpointConfigName": CONFIG, "ProductionVariants": [variant]})
    service.add_client_error("describe_endpoint", *MISSING)
    service.add_response(*CREATIONS[2], {"EndpointName": NAME, "EndpointConfigName": CONFIG})
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
    config = f"{NAME}-{fingerprint(settings)}"
    variant = {
        "VariantName": "live", "ModelName": config, "InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 1,
        "InferenceAmiVersion": "al2-ami-sagemaker-inference-gpu-3-1",
    }  # fmt: skip
    with Stubber(client) as stub:
        stub.add_response(*CREATIONS[0])
        stub.add_response(*CREATIONS[1], {"EndpointConfigName": config, "ProductionVariants": [variant]})
        stub.add_client_error("describe_endpoint", *MISSING)
        stub.add_response(*CREATIONS[2], {"EndpointName": NAME, "EndpointConfigName": config})
        SageMakerEndpoints(settings, client).start(NAME, MODEL)


@pytest.mark.parametrize("existing", range(4))
def test_a_start_goes_on_where_one_was_cut_off(service, existing):
    messages = (
        f'Cannot create already existing model "arn:aws:sagemaker:…:model/{CONFIG}".',
        f'Cannot create already existing endpoint configuration "arn:…:endpoint-config/{CONFIG}".',
    )
    for number, message in enumerate(messages):
        operation, answer = CREATIONS[number]
        if number < existing:
            service.add_client_error(operation, "ValidationException", message, 400)
        else:
            service.add_response(operation, answer)
    if existing == 3:
        service.add_response("describe_endpoint", described("Creating"))
    else:
        service.add_client_error("describe_endpoint", *MISSING)
        service.add_response(*CREATIONS[2])
    over(service).start(NAME, MODEL)


def test_an_endpoint_that_somebody_else_created_in_between_is_fine(service):
    service.add_response(*CREATIONS[0])
    service.add_response(*CREATIONS[1])
    service.add_client_error("describe_endpoint", *MISSING)
    exists = f'Cannot create already existing endpoint "arn:aws:sagemaker:…:endpoint/{NAME}".'
    service.add_client_error("create_endpoint", "ValidationException", exists, 400)
    over(service).start(NAME, MODEL)


def test_settings_that_changed_make_an_endpoint_outdated_and_a_start_updates_it(service):
    service.add_response("describe_endpoint", described(config=f"{NAME}-000000"))
    assert over(service).status(NAME).state is EndpointState.OUTDATED
    service.add_response(*CREATIONS[0])
    service.add_response(*CREATIONS[1])
    service.add_response("describe_endpoint", described(config=f"{NAME}-000000"))
    arn = {"EndpointArn": CREATIONS[2][1]["EndpointArn"]}
    service.add_response("update_endpoint", arn, {"EndpointName": NAME, "EndpointConfigName": CONFIG})
    over(service).start(NAME, MODEL)


@pytest.mark.parametrize(
    "changed", [{"instance_type": "ml.c5.large"}, {"image": "other"}, {"capture_uri": "s3://b/capture"}]
)
def test_whatever_is_asked_for_is_part_of_the_fingerprint(changed):
    assert fingerprint(replace(SETTINGS, **changed)) != fingerprint(SETTINGS)
    assert fingerprint(replace(SETTINGS)) == fingerprint(SETTINGS)


@pytest.mark.parametrize(
    "code", ["ResourceLimitExceeded", "InsufficientCapacity", "ServiceQuotaExceededException"]
)
def test_a_quota_is_the_providers_own_reason(service, code):
    reason = "The account-level service limit 'ml.m5.large for endpoint usage' is 0 Instances"
    service.add_response(*CREATIONS[0])
    service.add_response(*CREATIONS[1])
    service.add_client_error("describe_endpoint", *MISSING)
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


LISTED = {
    "list_endpoint_configs": ("EndpointConfigs", "EndpointConfigName", "EndpointConfigArn"),
    "list_models": ("Models", "ModelName", "ModelArn"),
}


def listing(service, operation, *names):
    key, name, arn = LISTED[operation]
    entries = [{name: n, arn: f"arn:aws:sagemaker:eu-central-1:1:x/{n}", "CreationTime": 0} for n in names]
    service.add_response(operation, {key: entries}, {"NameContains": NAME})


@pytest.mark.parametrize("there", DELETIONS)
def test_a_deletion_goes_on_where_one_was_cut_off(service, there):
    """Settings of earlier deployments go too; what only looks alike stays."""
    parameters = ("EndpointName", "EndpointConfigName", "ModelName")
    for operation, parameter, lists in zip(DELETIONS, parameters, [None, *LISTED], strict=True):
        if lists:
            listing(service, lists, f"{NAME}-000000", CONFIG, f"my-{NAME}-000000")
        for name in [f"{NAME}-000000", CONFIG] if lists else [NAME]:
            if operation == there:
                service.add_response(operation, {}, {parameter: name})
            else:
                service.add_client_error(operation, "ValidationException", "Could not find …", 400)
    over(service).delete(NAME)


def test_an_endpoint_under_construction_cannot_go_yet(service):
    reason = f'Cannot update in-progress endpoint "arn:aws:sagemaker:…:endpoint/{NAME}".'
    service.add_client_error("delete_endpoint", "ValidationException", reason, 400)
    with pytest.raises(EndpointBusyError, match="in-progress"):
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
            answer = described(state, FailureReason="why")
            stub.add_response("describe_endpoint", answer, {"EndpointName": NAME})
            found = SageMakerEndpoints(SETTINGS, client).status(NAME)
        assert (found.state, found.reason) == (STATES.get(state, EndpointState.STARTING), "why")


def test_a_state_has_an_age(service):
    changed = datetime.now(UTC) - timedelta(minutes=12)
    service.add_response("describe_endpoint", described("Creating", LastModifiedTime=changed))
    assert 12 <= over(service).status(NAME).minutes < 13


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


@pytest.mark.parametrize("prefix", ["s", "shop", "x" * 35])
def test_each_version_has_a_name_of_its_own(moto, prefix):
    endpoints = SageMakerEndpoints(replace(SETTINGS, prefix=prefix))
    names = [endpoints.name_for(f"trained-{number:012x}") for number in range(2)]
    for name in names:
        endpoints.start(name, MODEL)
    assert sorted(endpoints.names()) == sorted(names)
    assert all(
        len(config["EndpointConfigName"]) <= 63 for config in moto.list_endpoint_configs()["EndpointConfigs"]
    )


def test_a_prefix_that_leaves_no_room_for_a_version_is_refused():
    with pytest.raises(ValueError, match="at most 35"):
        SageMakerEndpoints(replace(SETTINGS, prefix="x" * 36))


@pytest.mark.parametrize("left", ["list_endpoints", *LISTED])
def test_what_is_left_of_an_endpoint_still_counts(moto, left):
    """A deletion that was cut off after the endpoint is found and finished by the next."""
    endpoints = SageMakerEndpoints(SETTINGS)
    endpoints.start(NAME, MODEL)
    if left != "list_endpoints":
        moto.delete_endpoint(EndpointName=NAME)
    if left == "list_models":
        moto.delete_endpoint_config(EndpointConfigName=CONFIG)
    assert endpoints.names() == [NAME]
    endpoints.delete(NAME)
    assert endpoints.names() == []


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
    service.add_response("list_endpoint_configs", {"EndpointConfigs": []})
    service.add_response("list_models", {"Models": []})
    assert over(service).names() == names


@pytest.mark.parametrize("code", ["ModelError", "ServiceUnavailable"])
def test_an_endpoint_that_does_not_answer_yet_is_told_apart(code):
    client = boto3.client("sagemaker-runtime")
    with Stubber(client) as stub:
        stub.add_client_error("invoke_endpoint", code, "Received server error (500)", 424)
        with pytest.raises(EndpointSilentError, match="500"):
            SageMakerEndpoints(SETTINGS, boto3.client("sagemaker"), client).embed(NAME, "x")


def test_an_invocation_that_is_not_allowed_is_an_error():
    client = boto3.client("sagemaker-runtime")
    with Stubber(client) as stub:
        stub.add_client_error("invoke_endpoint", "AccessDeniedException", "not authorized", 403)
        with pytest.raises(ClientError):
            SageMakerEndpoints(SETTINGS, boto3.client("sagemaker"), client).embed(NAME, "x")


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
