"""Two stacks in one account and region, or of one name in two regions: no name is taken twice."""

import pytest

SETTINGS = {
    "auth": "jwt",
    "images": "public",
    "storefront": "https://shop.example.com",
    "endpoint_max_instances": "3",
    "retrain_schedule": "rate(1 day)",
    "retrain_after_interactions": "5",
    "monthly_budget_usd": "50",
    "alarm_email": "shop@example.com",
}
WITHIN = {
    "Authorizer", "Stage", "Alarm", "UserPool", "UserPoolGroup", "UserPoolResourceServer", "Table", "Rule",
    "Policy", "MetricFilter",
}  # fmt: skip
"""Resources whose names are names of parts, or names within a resource that another stack has of its own."""


def fixed(value):
    """A text that no other resource decides; None for another value."""
    parts = value["Fn::Join"][1] if isinstance(value, dict) and "Fn::Join" in value else [value]
    texts = [part.get("Ref", "") if isinstance(part, dict) else part for part in parts]
    known = (
        isinstance(part, str) or text.startswith("AWS::") for part, text in zip(parts, texts, strict=True)
    )
    return "".join(texts) if all(known) else None


def names(value, key=""):
    """Every fixed name in a resource's properties."""
    if isinstance(value, list):
        for part in value:
            yield from names(part, key)
    elif (key.endswith("Name") or key == "Domain") and fixed(value):
        yield fixed(value)
    elif isinstance(value, dict):
        for inner, part in value.items():
            yield from names(part, inner)


def taken(deployment):
    """Kind and name of what a deployment gives a name of its own."""
    return {
        (resource["Type"], name)
        for resource in deployment.template["Resources"].values()
        if resource["Type"].split("::")[-1] not in WITHIN
        for name in names(resource.get("Properties", {}))
    }


@pytest.fixture(scope="module")
def shops(deployed_with):
    return [taken(deployed_with(**SETTINGS, stack_name=name)) for name in ("shop", "shop-b")]


def test_two_stacks_share_no_name(shops):
    one, other = shops
    assert one & other == set()
    kinds = {kind.split("::")[-1] for kind, _ in one}
    assert {"UserPoolDomain", "OriginAccessControl", "ResponseHeadersPolicy", "Pipeline"} <= kinds


def test_what_is_named_once_an_account_has_the_region_in_its_name(shops):
    of_cloudfront = [name for kind, name in shops[0] if "CloudFront" in kind]
    assert of_cloudfront
    assert all(name.endswith("-AWS::Region") for name in of_cloudfront)
