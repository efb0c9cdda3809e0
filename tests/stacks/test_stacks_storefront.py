"""The setting `storefront` in the template: a key, a throttle, the shop's origins, and no other open door."""

import json

import pytest

from lambdas.routes import STOREFRONT_ROUTES
from stacks.values import SettingError
from tests.helpers.deployed_account import DeployedAccount
from tests.stacks.test_stacks_callers import in_api_gateway, methods

ORIGINS = "https://shop.example.com,https://www.shop.example.com:8443"


@pytest.mark.parametrize("auth", ["iam", "jwt"])
def test_pages_call_what_is_theirs_with_a_key(deployed_with, auth):
    deployed = deployed_with(auth=auth, storefront=ORIGINS)
    found = {key: method for key, method in methods(deployed).items() if key[1].startswith("/storefront")}
    asked = {key: method for key, method in found.items() if key[0] != "OPTIONS"}
    assert set(asked) == {
        (method, f"/storefront{path}") for method, path in map(in_api_gateway, STOREFRONT_ROUTES)
    }
    for (_, path), method in asked.items():
        assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("NONE", True)
        assert ("EventsRecorder" in json.dumps(method["Integration"]["Uri"])) is (
            path == "/storefront/events"
        )


def test_the_key_is_throttled_and_belongs_to_the_stage(deployed_with):
    deployed = deployed_with(storefront=ORIGINS, storefront_rate_per_second="7")
    (plan,) = deployed.of("AWS::ApiGateway::UsagePlan").values()
    assert plan["Throttle"] == {"RateLimit": 7, "BurstLimit": 14}
    assert len(plan["ApiStages"]) == len(deployed.of("AWS::ApiGateway::UsagePlanKey")) == 1


def test_preflights_name_the_shops_origins_alone(deployed_with):
    found = methods(deployed_with(storefront=ORIGINS))
    preflight = json.dumps(found["OPTIONS", "/storefront/search"]["Integration"])
    assert "https://shop.example.com" in preflight
    assert "https://www.shop.example.com:8443" in preflight
    assert "'*'" not in preflight


def test_functions_know_the_origins(deployed_with):
    functions = deployed_with(storefront=ORIGINS).of("AWS::Lambda::Function").values()
    environments = [each.get("Environment", {}).get("Variables", {}) for each in functions]
    told = [variables["STOREFRONT"] for variables in environments if "STOREFRONT" in variables]
    assert told == [ORIGINS, ORIGINS]  # search and events


def test_its_address_is_below_the_apis(deployed_with):
    certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000"
    named = {"domain_name": "search.example.com", "domain_certificate": certificate}
    for more in ({}, named):
        account = DeployedAccount(deployed_with(storefront=ORIGINS, **more).template)
        api, pages = (
            account.resolve(account.template["Outputs"][name]["Value"])
            for name in ("ApiUrl", "StorefrontUrl")
        )
        assert pages == f"{api}storefront"
        assert api.startswith("https://search.example.com/" if more else "https://SearchApi")


def test_without_the_setting_there_is_no_key_and_no_path(deployed_with):
    deployed = deployed_with()
    assert not deployed.of("AWS::ApiGateway::ApiKey")
    assert not [path for _, path in methods(deployed) if path.startswith("/storefront")]


@pytest.mark.parametrize(
    "wrong",
    ["*", "shop.example.com", "https://shop.example.com/", "http://shop.example.com", "https://a.example,"],
)
def test_what_is_no_origin_is_refused(deployed_with, wrong):
    with pytest.raises(SettingError, match="origins of pages"):
        deployed_with(storefront=wrong)
