"""Where the stack can be deployed: every type of every template is there, or the synth says what is not."""

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from stacks.config import load_settings
from stacks.images import PYTORCH, regions_with
from stacks.regions import WITHOUT, elsewhere, lacking
from tests.helpers.deployments import ACCOUNT, REGISTRY, UUID
from tests.stacks.test_stacks_checks import LINTED, of_number, run_app

REGIONS = sorted(region for region in regions_with("ray-serve") if "iso" not in region)


@pytest.mark.parametrize("overrides", LINTED, ids=of_number)
def test_every_type_is_known_in_every_region_or_is_said_to_be_missing(deployed_with, context, overrides):
    types = {resource["Type"] for resource in deployed_with(**overrides).template["Resources"].values()}
    types = {kind for kind in types if kind.startswith("AWS::")} - {"AWS::CloudFormation::CustomResource"}
    settings = load_settings(context | overrides)
    for region in REGIONS:
        unknown = types - set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))
        said = " ".join(sentence for sentence in lacking(region, settings) if "CloudFormation" in sentence)
        for kind in unknown:
            service = "::".join(kind.split("::")[:2])
            assert service in said, (region, kind)
        assert bool(unknown) == bool(said), region


def test_the_lists_name_regions_that_have_the_images():
    for kind, regions in WITHOUT.items():
        assert set(regions) <= regions_with("ray-serve"), kind


def test_a_region_without_images_is_said(context):
    serving, training = lacking("us-moon-1", load_settings(context))
    instead = "set serving_image to a copy, or choose another region"
    assert serving == f"us-moon-1: AWS has no ray-serve image there; {instead}"
    assert f"no {PYTORCH} image" in training
    (spark,) = lacking("me-west-1", load_settings(context | {"prepare_engine": "spark"}))
    assert "no spark image" in spark


def test_where_the_training_image_is_not_a_copy_of_it_will_do(context):
    (sentence,) = lacking("us-gov-west-1", load_settings(context))
    assert "set training_image to a copy" in sentence
    copied = {"training_image": "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/train:1"}
    assert list(lacking("us-gov-west-1", load_settings(context | copied))) == []


def test_what_lies_in_another_region_is_said(context):
    named = {
        "domain_name": "search.example.com",
        "domain_certificate": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/{UUID}",
        "web_acl": f"arn:aws:wafv2:eu-west-1:{ACCOUNT}:regional/webacl/shop/{UUID}",
        "assets_key": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{UUID}",
        "training_image": f"{REGISTRY}/train:1",
    }
    settings = load_settings(context | named)
    certificate, firewall = elsewhere("eu-central-1", settings)
    assert certificate.startswith(
        "domain_certificate: it is in us-east-1, and the deployment in eu-central-1;"
    )
    assert firewall.startswith("web_acl: it is in eu-west-1,")
    assert len(list(elsewhere("ap-south-1", settings))) == 4
    assert list(elsewhere("eu-central-1", load_settings(context))) == []


def test_the_region_of_the_credentials_is_looked_at(context, tmp_path):
    run = run_app(context, tmp_path / "out", CDK_DEFAULT_REGION="cn-north-1")
    assert run.returncode == 0, run.stderr
    manifest = (tmp_path / "out/manifest.json").read_text() + (
        tmp_path / "out/Object2Vec.metadata.json"
    ).read_text()
    assert "cn-north-1: CloudFormation has no AWS::SageMaker::ModelPackageGroup there" in manifest
