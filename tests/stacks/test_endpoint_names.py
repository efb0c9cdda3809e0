"""Names of endpoints: the functions' policies and the adapter mean the same ones, of one stack only."""

import re
from typing import get_args, get_type_hints

import pytest

from object2vec.release import Manifest
from object2vec.release.endpoint_requests import EndpointSettings, fingerprint
from object2vec.release.sagemaker import PREFIX_LIMIT, SageMakerEndpoints
from stacks import hosting
from stacks.hosting import endpoint_prefix

SETTINGS = EndpointSettings(prefix="shop", image="i", role="r", instance_type="ml.m5.large")


def matches(pattern, name):
    return re.fullmatch(re.escape(pattern).replace(r"\?", "."), name) is not None


def patterns(prefix):
    return [f"{prefix}-{version}" for version in hosting._VERSIONS]


def test_policy_and_adapter_agree_on_the_room_for_a_prefix():
    assert hosting.PREFIX_LIMIT == PREFIX_LIMIT


@pytest.mark.parametrize("kind", get_args(get_type_hints(Manifest)["kind"]))
def test_every_kind_of_model_may_be_served(kind):
    name = SageMakerEndpoints(SETTINGS, object(), object()).name_for(f"{kind}-0123456789ab")
    assert any(matches(pattern, name) for pattern in patterns("shop"))
    assert any(
        matches(f"{pattern}-??????", f"{name}-{fingerprint(SETTINGS)}") for pattern in patterns("shop")
    )


@pytest.mark.parametrize("other", ["shop-prod", "shop-seed", "shop2", "my-shop", "shop-trained-0123456789ab"])
def test_a_stack_reaches_nothing_of_another_whose_name_begins_alike(other):
    names = [f"{other}-{kind}-0123456789ab" for kind in ("seed", "trained")]
    assert not [name for name in names for pattern in patterns("shop") if matches(pattern, name)]


def test_long_stack_names_stay_apart():
    first, second = (endpoint_prefix("Shop-" * 9 + end) for end in ("prod", "test"))
    assert len(first) == len(second) == PREFIX_LIMIT
    assert first != second
    assert endpoint_prefix("Shop") == "shop"
