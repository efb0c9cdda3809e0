"""Findings of checkov that are right as they are, each with its reason at the resource (`make audit`).

https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html (CloudFormation metadata)
"""

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

AWS_KEYS = "Encrypted with AWS's own keys; kms=customer puts the stack's key here."
PLACE = {
    "CKV_AWS_117": "It calls AWS's APIs only; in a VPC it would need endpoints that are paid by the hour.",
    "CKV_AWS_115": "New accounts have ten concurrent executions and must keep ten unreserved.",
    "CKV_AWS_173": f"No variable is secret. {AWS_KEYS}",
}


def accept(construct: Construct, reasons: Mapping[str, str]) -> None:
    """Gives the resource behind a construct the reasons, by check, for what checkov finds at it."""
    resource = construct if isinstance(construct, cdk.CfnResource) else construct.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    skipped = [{"id": check, "comment": reason} for check, reason in reasons.items()]
    resource.add_metadata("checkov", {"skip": skipped})
