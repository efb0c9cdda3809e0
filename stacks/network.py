"""`vpc_subnets` and `vpc_security_groups`: functions, jobs and endpoints in a network of the account's own.

The stack makes no network and no VPC endpoints, which are paid by the hour: docs/aws.md lists those that the
network needs. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/infrastructure-give-access.html
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from stacks.permissions import UNNAMED, accept, allow
from stacks.settings import StackSettings

INTERFACES_REASON = "Network interfaces are made in the role's name, and most calls know no resource."
_OF_LAMBDA = (
    "CreateNetworkInterface",
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "DeleteNetworkInterface",
    "AssignPrivateIpAddresses",
    "UnassignPrivateIpAddresses",
)
_OF_SAGEMAKER = (
    "CreateNetworkInterface",
    "CreateNetworkInterfacePermission",
    "DeleteNetworkInterface",
    "DeleteNetworkInterfacePermission",
    "DescribeDhcpOptions",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeVpcs",
)


def vpc_of(settings: StackSettings) -> dict[str, list[str]]:
    """SageMaker's `VpcConfig`; empty where there is none."""
    if not settings.vpc_subnets:
        return {}
    return {
        "Subnets": settings.vpc_subnets.split(","),
        "SecurityGroupIds": settings.vpc_security_groups.split(","),
    }


def let_enter(role: iam.Role) -> None:
    """Permissions that SageMaker needs to run a role's container in a network."""
    allow(role, [f"ec2:{verb}" for verb in _OF_SAGEMAKER], ["*"], wildcard=INTERFACES_REASON)


def move_into(stack: cdk.Stack, vpc: dict[str, list[str]]) -> None:
    """Puts every function of the stack there, CDK's own among them."""
    place: dict[str, Any] = {"SubnetIds": vpc["Subnets"], "SecurityGroupIds": vpc["SecurityGroupIds"]}
    for node in stack.node.find_all():
        if isinstance(node, cdk.CfnResource) and node.cfn_resource_type == "AWS::Lambda::Function":
            node.add_property_override("VpcConfig", place)
            _let_connect(node)


def _let_connect(function: cdk.CfnResource) -> None:
    owner: IConstruct | None = function.node.scope
    if isinstance(owner, lambda_.Function) and isinstance(owner.role, iam.Role):
        allow(owner.role, [f"ec2:{verb}" for verb in _OF_LAMBDA], ["*"], wildcard=INTERFACES_REASON)
    elif owner is not None:  # CDK's provider that empties buckets, which is made of plain resources
        for sibling in owner.node.children:
            if isinstance(sibling, cdk.CfnResource) and sibling.cfn_resource_type == "AWS::IAM::Role":
                statement = {
                    "Effect": "Allow", "Action": [f"ec2:{verb}" for verb in _OF_LAMBDA], "Resource": "*",
                }  # fmt: skip
                document = {"Version": "2012-10-17", "Statement": [statement]}
                policy = {"PolicyName": "Network", "PolicyDocument": document}
                sibling.add_property_override("Policies", [policy])
                accept(sibling, dict.fromkeys(UNNAMED, INTERFACES_REASON))
