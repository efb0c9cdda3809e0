import json
import os
import subprocess
import sys

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from stacks.images import PYTORCH, SERVING, SPARK, SPARK_TAG, TRAINING, Images, _table, regions_with
from stacks.instances import is_gpu

REGIONS = sorted(r for r in _table("ray-serve")["versions"][SERVING]["registries"] if "iso" not in r)
"""Every region that has an image; AWS's isolated ones have domains of their own and are not claimed."""
TRAINING_REGIONS = sorted(regions_with(PYTORCH))
BUILTIN_REGIONS = sorted(r for r in _table("object2vec")["versions"]["1"]["registries"] if "iso" not in r)
"""Where AWS's own Object2Vec is. Elsewhere CloudFormation finds no account in the mapping and refuses."""
SPARK_TABLE = _table("spark")["processing"]["versions"][SPARK]
SPARK_REGIONS = sorted(region for region in SPARK_TABLE["registries"] if "iso" not in region)
ASK_SDK = f"""
import json, sys
from sagemaker.core.image_uris import retrieve
answers = {{}}
for instance in ("ml.m5.xlarge", "ml.g5.xlarge"):
    for region in {TRAINING_REGIONS}:
        answers[f"{{region}} {{instance}} training"] = retrieve(
            "{PYTORCH}", region, version="{TRAINING}", instance_type=instance, image_scope="training")
    for region in {REGIONS}:
        answers[f"{{region}} {{instance}} serving"] = retrieve(
            "ray-serve", region, version="{SERVING}", instance_type=instance, image_scope="inference")
for region in {BUILTIN_REGIONS}:
    answers[f"{{region}} builtin"] = retrieve("object2vec", region)
for region in {SPARK_REGIONS}:
    answers[f"{{region}} spark"] = retrieve("spark", region, version="{SPARK}", instance_type="ml.m5.xlarge",
                                            py_version="py312", container_version="v1.5")
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def sdk():
    """Training and serving image by region and instance, as the SageMaker SDK says."""
    environment = os.environ | {"AWS_DEFAULT_REGION": "us-east-1", "SAGEMAKER_VALIDATE_ROLE": "false"}
    command = [sys.executable, "-c", ASK_SDK]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def ours():
    """Template that outputs the images' URIs."""
    stack = cdk.Stack(cdk.App(), "Images")
    images = Images(stack, "Images")
    for name, instance in (("cpu", "ml.m5.xlarge"), ("gpu", "ml.g5.xlarge")):
        cdk.CfnOutput(stack, f"{name}training", value=images.training(instance))
        cdk.CfnOutput(stack, f"{name}serving", value=images.serving(gpu=is_gpu(instance)))
    cdk.CfnOutput(stack, "builtin", value=images.builtin())
    cdk.CfnOutput(stack, "spark", value=images.spark())
    return assertions.Template.from_stack(stack).to_json()


def deployed(template, value, region):
    """What CloudFormation makes of a value in a region."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(deployed(template, part, region) for part in parts)
    if "Fn::FindInMap" in value:
        mapping, top, second = (deployed(template, part, region) for part in value["Fn::FindInMap"])
        return template["Mappings"][mapping][top][second]
    suffix = {"cn": "amazonaws.com.cn", "eusc": "amazonaws.eu"}.get(region.split("-")[0], "amazonaws.com")
    return {"AWS::Region": region, "AWS::URLSuffix": suffix}[value["Ref"]]


@pytest.mark.parametrize(("name", "instance"), [("cpu", "ml.m5.xlarge"), ("gpu", "ml.g5.xlarge")])
@pytest.mark.parametrize(("kind", "regions"), [("training", TRAINING_REGIONS), ("serving", REGIONS)])
def test_images_are_those_of_the_sdk_in_every_region(sdk, ours, name, instance, kind, regions):
    assert len(regions) > 25
    for region in regions:
        uri = deployed(ours, ours["Outputs"][f"{name}{kind}"]["Value"], region)
        assert uri == sdk[f"{region} {instance} {kind}"], region


def test_the_builtin_image_is_the_sdks_in_every_region_that_has_it(sdk, ours):
    assert len(BUILTIN_REGIONS) > 25
    for region in BUILTIN_REGIONS:
        assert deployed(ours, ours["Outputs"]["builtin"]["Value"], region) == sdk[f"{region} builtin"], region


def test_the_spark_image_is_the_sdks_in_every_region_that_has_it(sdk, ours):
    assert len(SPARK_REGIONS) > 25
    assert "py312" in SPARK_TABLE["py_versions"]
    for region in SPARK_REGIONS:
        uri = deployed(ours, ours["Outputs"]["spark"]["Value"], region)
        assert uri == sdk[f"{region} spark"], region
        assert uri.endswith(f":{SPARK_TAG}")


def test_without_an_image_of_aws_the_region_is_refused(ours):
    missing = set(REGIONS) - set(BUILTIN_REGIONS)
    assert missing
    for region in missing:
        with pytest.raises(KeyError, match=region):
            deployed(ours, ours["Outputs"]["builtin"]["Value"], region)


@pytest.mark.parametrize(
    ("instance", "gpu"),
    [("ml.m5.large", False), ("ml.g4dn.xlarge", True), ("ml.p5.48xlarge", True), ("ml.c7i.large", False)],
)
def test_gpu_families(instance, gpu):
    assert is_gpu(instance) is gpu
