"""Where a browser finds the pictures of hits, under each setting of `images`."""

from urllib.parse import parse_qs, urlsplit

import pytest

from lambdas.search.pictures import picture_address
from lambdas.settings import SearchSettings

KEY = "pictures/shown/0a1b-360.jpg"


def settings(**images):
    return SearchSettings(
        store_url="s3://shop-data", auth="none", history_url="dynamodb://sessions", **images
    )


def test_none_are_shown():
    assert picture_address(settings(images="none")) is None


def test_open_addresses_never_change():
    open_address = picture_address(settings(images="public", images_url="https://d1.cloudfront.net/"))
    assert open_address is not None
    assert open_address(KEY) == "https://d1.cloudfront.net/0a1b-360.jpg"


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "eu-south-1"])
def test_signed_addresses_end_after_an_hour_and_lead_to_the_buckets_region(monkeypatch, region):
    """A region that has to be opted in to answers at its own host alone."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_SESSION_TOKEN", "token"),
        ("AWS_DEFAULT_REGION", region), ("AWS_REGION", region),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    signed = picture_address(settings(images="private"))
    assert signed is not None
    address = urlsplit(signed(KEY))
    asked = parse_qs(address.query)
    assert address.scheme == "https"
    assert address.path.endswith(KEY)
    assert (asked["X-Amz-Expires"], asked["X-Amz-Security-Token"]) == (["3600"], ["token"])
    assert region in asked["X-Amz-Credential"][0]
    if region != "us-east-1":
        assert address.netloc == f"shop-data.s3.{region}.amazonaws.com"
