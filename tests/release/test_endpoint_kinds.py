"""Requests of every kind of endpoint against botocore's model, and the scaling of one that carries load."""

from dataclasses import replace

import boto3
import botocore.session
import pytest
from botocore.stub import Stubber
from botocore.validate import ParamValidator

from object2vec.core.endpoints import EndpointProviderError
from object2vec.release.endpoint_requests import (
    EndpointSettings,
    config_request,
    fingerprint,
    model_request,
    tagged,
)
from object2vec.release.sagemaker import SageMakerEndpoints
from object2vec.release.scaling import Scaling
from tests.helpers.sagemaker_service import CREATIONS, MODEL, described

CPU = EndpointSettings(
    prefix="shop", image="image", role="arn:aws:iam::123456789012:role/m", instance_type="ml.m5.large"
)
KINDS = {
    "cpu": CPU,
    "gpu": replace(CPU, instance_type="ml.g4dn.xlarge", ami_version="al2023-ami-sagemaker-inference-gpu-4-1"),
    "serverless": replace(CPU, instance_type=None),
    "captured": replace(
        CPU, capture_uri="s3://bucket/capture", volume_key="arn:aws:kms:eu-central-1:1:key/k"
    ),
}
NAME = "shop-trained-0123456789ab"
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{NAME}/variant/live",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@pytest.fixture(scope="module")
def service():
    return botocore.session.get_session().get_service_model("sagemaker")


@pytest.mark.parametrize("kind", KINDS)
def test_the_service_takes_the_requests(service, kind):
    for operation, request in (
        ("CreateModel", model_request(KINDS[kind], NAME, "s3://bucket/model.tar.gz")),
        ("CreateEndpointConfig", config_request(KINDS[kind], NAME)),
    ):
        report = ParamValidator().validate(request, service.operation_model(operation).input_shape)
        assert not report.has_errors(), report.generate_report()


def test_serverless_has_no_machine_and_no_isolation():
    (variant,) = config_request(KINDS["serverless"], NAME)["ProductionVariants"]
    assert not {"InstanceType", "InitialInstanceCount"} & set(variant)
    assert model_request(KINDS["serverless"], NAME, "s3://b/m")["EnableNetworkIsolation"] is False
    assert model_request(CPU, NAME, "s3://b/m")["EnableNetworkIsolation"] is True


def test_a_share_of_the_traffic_is_captured_on_request_only():
    captured = config_request(KINDS["captured"], NAME)
    assert captured["DataCaptureConfig"]["DestinationS3Uri"] == "s3://bucket/capture"
    assert "KmsKeyId" not in captured["DataCaptureConfig"]
    own_key = config_request(replace(KINDS["captured"], capture_key="arn:k"), NAME)
    assert own_key["DataCaptureConfig"]["KmsKeyId"] == "arn:k"
    assert captured["KmsKeyId"].endswith("key/k")
    assert not {"DataCaptureConfig", "KmsKeyId"} & set(config_request(CPU, NAME))


@pytest.fixture
def autoscaling():
    """The answers are scripted: a request that is missing, or another than expected, fails the test."""
    client = boto3.client("application-autoscaling", region_name="eu-central-1")
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def test_the_number_of_instances_stays_within_its_bounds(autoscaling):
    autoscaling.add_response("register_scalable_target", {}, TARGET | {"MinCapacity": 1, "MaxCapacity": 3})
    policy = {
        "TargetValue": 1000.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "ScaleInCooldown": 300,
        "ScaleOutCooldown": 60,
    }
    expected = {
        "PolicyName": "invocations",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": policy,
    }
    autoscaling.add_response("put_scaling_policy", {"PolicyARN": "arn"}, TARGET | expected)
    Scaling(3, autoscaling.client).register(NAME)
    autoscaling.assert_no_pending_responses()


def test_a_target_that_is_gone_may_be_forgotten_again(autoscaling):
    autoscaling.add_client_error("deregister_scalable_target", "ObjectNotFoundException")
    Scaling(3, autoscaling.client).deregister(NAME)
    autoscaling.assert_no_pending_responses()


def test_any_other_failure_to_forget_is_raised(autoscaling):
    autoscaling.add_client_error("deregister_scalable_target", "ConcurrentUpdateException")
    with pytest.raises(autoscaling.client.exceptions.ConcurrentUpdateException):
        Scaling(3, autoscaling.client).deregister(NAME)


def test_an_endpoint_that_scales_is_let_go_before_it_changes(autoscaling):
    """https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html"""
    sagemaker = boto3.client("sagemaker", region_name="eu-central-1")
    endpoints = SageMakerEndpoints(
        replace(CPU, max_instances=3), sagemaker, sagemaker, Scaling(3, autoscaling.client)
    )
    before = described(config=f"{NAME}-000000")
    with Stubber(sagemaker) as service:
        for operation, answer in CREATIONS[:2]:
            service.add_response(operation, answer)
        service.add_response("describe_endpoint", before)
        autoscaling.add_client_error("deregister_scalable_target", "ConcurrentUpdateException")
        with pytest.raises(EndpointProviderError, match="ConcurrentUpdateException"):
            endpoints.start(NAME, MODEL)  # nothing is updated while it is still a target
        for operation, answer in CREATIONS[:2]:
            service.add_response(operation, answer)
        service.add_response("describe_endpoint", before)
        autoscaling.add_response("deregister_scalable_target", {}, TARGET)
        service.add_response("update_endpoint", {"EndpointArn": before["EndpointArn"]})
        endpoints.start(NAME, MODEL)
        service.assert_no_pending_responses()


def test_two_instances_and_tags_are_asked_for():
    many = replace(CPU, min_instances=2, tags={"team": "search"})
    (variant,) = config_request(many, "n")["ProductionVariants"]
    assert variant["InitialInstanceCount"] == 2
    assert tagged(many) == {"Tags": [{"Key": "team", "Value": "search"}]}
    assert tagged(CPU) == {}
    assert fingerprint(many) == fingerprint(replace(many, tags={}))  # another tag starts no other endpoint
