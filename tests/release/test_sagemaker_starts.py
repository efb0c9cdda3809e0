"""Starting an endpoint: the requests as botocore's model has them, cut off and refused at every step."""

from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber

from object2vec.core.endpoints import EndpointProviderError, EndpointState, EndpointUnavailableError
from object2vec.release.endpoint_requests import EndpointSettings, fingerprint
from object2vec.release.sagemaker import SageMakerEndpoints
from object2vec.serving.package import SERVING_ENVIRONMENT
from tests.helpers.sagemaker_service import CONFIG, CREATIONS, MISSING, MODEL, NAME, SETTINGS, described, over


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
    service.assert_no_pending_responses()


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
        stub.assert_no_pending_responses()


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
    service.assert_no_pending_responses()


def test_an_endpoint_that_somebody_else_created_in_between_is_fine(service):
    service.add_response(*CREATIONS[0])
    service.add_response(*CREATIONS[1])
    service.add_client_error("describe_endpoint", *MISSING)
    exists = f'Cannot create already existing endpoint "arn:aws:sagemaker:…:endpoint/{NAME}".'
    service.add_client_error("create_endpoint", "ValidationException", exists, 400)
    over(service).start(NAME, MODEL)
    service.assert_no_pending_responses()


def test_settings_that_changed_make_an_endpoint_outdated_and_a_start_updates_it(service):
    service.add_response("describe_endpoint", described(config=f"{NAME}-000000"))
    assert over(service).status(NAME).state is EndpointState.OUTDATED
    service.add_response(*CREATIONS[0])
    service.add_response(*CREATIONS[1])
    service.add_response("describe_endpoint", described(config=f"{NAME}-000000"))
    arn = {"EndpointArn": CREATIONS[2][1]["EndpointArn"]}
    service.add_response("update_endpoint", arn, {"EndpointName": NAME, "EndpointConfigName": CONFIG})
    over(service).start(NAME, MODEL)
    service.assert_no_pending_responses()


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
        ("ValidationException", "1 validation error detected: Value 'ml.zz9.huge' at 'instanceType'"),
    ],
)
def test_any_other_refusal_is_as_final(service, code, message):
    service.add_client_error("create_model", code, message, 400)
    with pytest.raises(EndpointUnavailableError, match=f"{code}: {message[:20]}"):
        over(service).start(NAME, MODEL)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ThrottlingException", "Rate exceeded"),
        ("InternalFailure", "try again"),
        ("ValidationException", "Could not assume role arn:…: ensure that the role exists"),
    ],
)
def test_what_may_pass_is_told_apart(service, code, message):
    service.add_client_error("create_model", code, message, 400)
    with pytest.raises(EndpointProviderError, match=message[:20]):
        over(service).start(NAME, MODEL)
