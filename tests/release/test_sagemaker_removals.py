"""Finding and removing this deployment's endpoints: all of theirs, nothing of anybody else's."""

from dataclasses import replace

import pytest

from object2vec.core.endpoints import EndpointBusyError, EndpointProviderError, EndpointState
from object2vec.release.endpoint_requests import EndpointSettings
from object2vec.release.sagemaker import SageMakerEndpoints
from tests.helpers.sagemaker_service import CONFIG, CREATIONS, DELETIONS, MODEL, NAME, SETTINGS, VERSION, over


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
    service.assert_no_pending_responses()


def test_an_endpoint_under_construction_cannot_go_yet(service):
    reason = f'Cannot update in-progress endpoint "arn:aws:sagemaker:…:endpoint/{NAME}".'
    service.add_client_error("delete_endpoint", "ValidationException", reason, 400)
    with pytest.raises(EndpointBusyError, match="in-progress"):
        over(service).delete(NAME)


def test_a_deletion_that_is_refused_is_not_taken_for_done(service):
    service.add_client_error("delete_endpoint", "AccessDeniedException", "not authorized", 400)
    with pytest.raises(EndpointProviderError, match="not authorized"):
        over(service).delete(NAME)


def test_a_list_that_is_refused_is_the_providers_trouble(service):
    service.add_client_error("list_endpoints", "ThrottlingException", "Rate exceeded", 400)
    with pytest.raises(EndpointProviderError, match="Rate exceeded"):
        over(service).names()


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
