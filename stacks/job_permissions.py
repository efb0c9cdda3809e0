"""Permissions of a role that SageMaker runs containers with, and of a role that hands one over."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from stacks.permissions import allow


def sagemaker_arn(resource: str) -> str:
    """ARN of a SageMaker resource in the stack's own account and region."""
    return f"arn:{cdk.Aws.PARTITION}:sagemaker:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"


def allow_to_pass(role: iam.Role, passed: iam.Role) -> None:
    """Lets a role hand another role to SageMaker, and to no other service."""
    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    allow(role, ["iam:PassRole"], [passed.role_arn], conditions=condition)


def allow_to_pull(role: iam.Role, repositories: Sequence[str]) -> None:
    """Lets a role fetch the images of repositories."""
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    allow(role, pull, repositories)


def allow_to_run_containers(role: iam.Role, repositories: Sequence[str], log_groups: str) -> None:
    """Permissions that SageMaker needs to run a container with a role: pull the image, log, count metrics."""
    allow_to_pull(role, repositories)
    allow(role, ["ecr:GetAuthorizationToken"], ["*"], wildcard="The registry's token knows no resource.")
    logs = log_groups_arn(f"{log_groups}*")
    write = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    allow(role, write, [logs], wildcard="SageMaker names log groups and streams by job and endpoint.")
    namespaces = {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"]}}
    allow(
        role,
        ["cloudwatch:PutMetricData"],
        ["*"],
        wildcard="PutMetricData knows no resource; the condition narrows its namespace.",
        conditions=namespaces,
    )


def log_groups_arn(name: str) -> str:
    """ARN of log groups of this account and region, with the streams in them."""
    return f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:log-group:{name}"
