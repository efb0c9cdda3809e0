"""Least privilege in one call: a statement, and the reason for each wildcard in it, at the same place.

What cdk-nag and checkov find and is right as it is gets its reason at the resource (`make audit`).
https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html (CloudFormation metadata)
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

AWS_KEYS = "Encrypted with AWS's own keys; kms=customer puts the stack's key here."
PLACE = {
    "CKV_AWS_117": "It calls AWS's APIs only; in a VPC it would need endpoints that are paid by the hour.",
    "CKV_AWS_115": "New accounts have ten concurrent executions and must keep ten unreserved.",
    "CKV_AWS_173": f"No variable is secret. {AWS_KEYS}",
}
UNNAMED = ("CKV_AWS_109", "CKV_AWS_111")
"""checkov's checks of policies that change something without naming it."""


def allow(
    role: iam.Role,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    wildcard: str = "",
    conditions: dict[str, Any] | None = None,
) -> None:
    """Lets a role do `actions` on `resources`. `wildcard` is the reason for the `*` in any of the resources;
    without one cdk-nag refuses the template."""
    role.add_to_policy(
        iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
    )
    if wildcard:
        acknowledge_wildcards(role, resources, wildcard)
    if "*" in resources:
        accept(role.node.find_child("DefaultPolicy"), dict.fromkeys(UNNAMED, wildcard))


def acknowledge_wildcards(scope: Construct, resources: Iterable[str], reason: str) -> None:
    """Says why each `*` among the resources of a policy is right."""
    for resource in resources:
        text = _as_written_by_nag(cdk.Stack.of(scope).resolve(resource))
        if "*" in text:
            acknowledge(scope, reason, f"AwsSolutions-IAM5[Resource::{text}]")


def acknowledge(scope: Construct, reason: str, *findings: str) -> None:
    """Says why findings of cdk-nag are right as they are, here and below."""
    cdk.Validations.of(scope).acknowledge(
        *(cdk.Acknowledgment(id=finding, reason=reason) for finding in findings)
    )


def job_role(scope: Construct, construct_id: str, service: str, description: str) -> iam.Role:
    """A role that one AWS service assumes, without any permission yet."""
    return iam.Role(scope, construct_id, assumed_by=iam.ServicePrincipal(service), description=description)


def accept(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Gives the resource behind a construct the reasons, by check, for what checkov finds at it, besides the
    reasons that it has."""
    resource = construct if isinstance(construct, cdk.CfnResource) else construct.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    given = (resource.get_metadata("checkov") or {"skip": []})["skip"]
    skipped = [entry for entry in given if entry["id"] not in reasons]
    skipped += [{"id": check, "comment": reason} for check, reason in reasons.items()]
    resource.add_metadata("checkov", {"skip": skipped})


def sagemaker_arn(resource: str) -> str:
    """ARN of a SageMaker resource in the stack's own account and region."""
    return _arn("sagemaker", resource)


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
    return _arn("logs", f"log-group:{name}")


def _arn(service: str, resource: str) -> str:
    return f"arn:{cdk.Aws.PARTITION}:{service}:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"


def _as_written_by_nag(resource: Any) -> str:
    """A resolved ARN in cdk-nag's spelling: references in angle brackets."""
    if isinstance(resource, str):
        return resource
    if "Fn::Join" in resource:
        separator, parts = resource["Fn::Join"]
        return str(separator).join(_as_written_by_nag(part) for part in parts)
    if "Ref" in resource:
        return f"<{resource['Ref']}>"
    if "Fn::GetAtt" in resource:
        return f"<{'.'.join(resource['Fn::GetAtt'])}>"
    return json.dumps(resource)
