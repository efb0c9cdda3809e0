"""Warns at synth of services that a deployment needs and its region lacks, and of things that lie in another
region, where the CDK CLI knows the region.

Types that CloudFormation does not know in a region are taken from the schemas that cfn-lint ships; a test
holds these lists to them. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schemas.html
"""

import re
from collections.abc import Callable, Iterator, Mapping

from stacks.images import PYTORCH, regions_with
from stacks.settings import StackSettings

WITHOUT: Mapping[str, tuple[str, ...]] = {
    "AWS::SageMaker::ModelPackageGroup": (
        "ap-east-2", "ap-south-2", "ap-southeast-4", "ap-southeast-6", "cn-north-1", "cn-northwest-1",
        "us-gov-east-1",
    ),
    "AWS::Budgets::Budget": (
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-3", "ap-south-2", "ap-southeast-3",
        "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2",
        "eu-north-1", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "mx-central-1",
        "us-gov-east-1", "us-gov-west-1",
    ),
    "AWS::Cognito::UserPool": ("cn-north-1", "cn-northwest-1"),
    "AWS::S3Vectors::VectorBucket": ("il-central-1", "me-central-1"),
    "AWS::CloudFront::OriginAccessControl": (
        "cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1",
    ),
}  # fmt: skip
"""Regions by type. Other types of a template are in every region that has the images."""
_NEEDS: tuple[tuple[Callable[[StackSettings], bool], str, str], ...] = (
    (lambda _: True, "AWS::SageMaker::ModelPackageGroup", "the model registry; choose another region"),
    (
        lambda s: s.monthly_budget_usd > 0,
        "AWS::Budgets::Budget",
        "monthly_budget_usd; leave it out, and make the budget in the console",
    ),
    (lambda s: s.auth == "jwt", "AWS::Cognito::UserPool", "auth=jwt; choose auth=iam"),
    (
        lambda s: s.index == "s3vectors",
        "AWS::S3Vectors::VectorBucket",
        "index=s3vectors; choose index=embedded",
    ),
    (
        lambda s: s.images == "public",
        "AWS::CloudFront::OriginAccessControl",
        "images=public; choose images=private",
    ),
)


def lacking(region: str, settings: StackSettings) -> Iterator[str]:
    """A sentence for each thing that the deployment needs and the region does not have."""
    for name, instead in _images(settings):
        if region not in regions_with(name):
            yield f"{region}: AWS has no {name} image there; {instead}choose another region"
    for needed, kind, what in _NEEDS:
        if needed(settings) and region in WITHOUT[kind]:
            yield f"{region}: CloudFormation has no {kind} there, which is for {what}"


_TIED = ("domain_certificate", "web_acl", "assets_key", "training_image", "serving_image")
"""What must be in the deployment's region."""


def elsewhere(region: str, settings: StackSettings) -> Iterator[str]:
    """A sentence for each setting that names something of another region."""
    for name in _TIED:
        given = getattr(settings, name)
        # the fourth part of an ARN, and of a registry's address
        if given and (there := re.split("[:.]", given)[3]) != region:
            yield f"{name}: it is in {there}, and the deployment in {region}; AWS takes it from {region} only"


def _images(settings: StackSettings) -> Iterator[tuple[str, str]]:
    """AWS's images that the deployment pulls, and what one may do about a missing one."""
    if not settings.serving_image:
        yield "ray-serve", "set serving_image to a copy, or "
    if not settings.training_image:
        yield PYTORCH, "set training_image to a copy, or "
    if settings.algorithm == "builtin":
        yield "object2vec", ""
    if settings.prepare_engine == "spark":
        yield "spark", ""
