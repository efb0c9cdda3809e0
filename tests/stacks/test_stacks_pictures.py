"""The setting `images` in the template: who can open an address of a picture."""

import json

import pytest

from tests.helpers.deployed_account import DeployedAccount


def variables(deployed):
    account = DeployedAccount(deployed.template)
    return account.properties(account.one("AWS::Lambda::Function", "SearchFunction"))["Environment"][
        "Variables"
    ]


def test_open_addresses_are_those_of_a_distribution_over_the_copies_alone(deployed_with):
    deployed = deployed_with(images="public")
    (site,) = deployed.of("AWS::CloudFront::Distribution").values()
    (origin,) = site["DistributionConfig"]["Origins"]
    assert origin["OriginPath"] == "/pictures/shown"
    assert "OriginAccessControlId" in origin
    assert site["DistributionConfig"]["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "https-only"
    statements = [
        statement
        for policy in deployed.of("AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if "cloudfront" in json.dumps(statement["Principal"])
    ]
    (statement,) = statements
    assert statement["Action"] == "s3:GetObject"
    assert json.dumps(statement["Resource"]).rstrip('"]} ').endswith("/pictures/shown/*")
    assert "aws:SourceArn" in json.dumps(statement["Condition"])
    told = variables(deployed)
    assert told["IMAGES"] == "public"
    assert "DomainName" in json.dumps(told["IMAGES_URL"])


def test_the_stacks_own_key_lets_cloudfront_read_only_where_it_shows_pictures(deployed_with):
    for images, may in (("public", True), ("private", False)):
        (key,) = deployed_with(images=images, kms="customer").of("AWS::KMS::Key").values()
        assert ("cloudfront.amazonaws.com" in json.dumps(key["KeyPolicy"])) is may


@pytest.mark.parametrize("images", ["private", "none"])
def test_nothing_is_open_otherwise(deployed_with, images):
    deployed = deployed_with(images=images)
    assert not deployed.of("AWS::CloudFront::Distribution")
    told = variables(deployed)
    assert told.get("IMAGES", "none") == images
    assert "IMAGES_URL" not in told
