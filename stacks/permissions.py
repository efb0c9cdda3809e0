"""Least privilege in one call: a statement, and the reason for each wildcard in it, at the same place."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct


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
