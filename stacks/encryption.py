"""`kms=customer`: one key of the account's own, with yearly rotation, for all that the stack stores.

The stack's resources are walked once at the end, so that a new bucket, queue, table, topic or log group is
covered by itself. The access logs' bucket stays with S3's key: S3 cannot deliver them under another.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html"""

from collections.abc import Callable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from stacks.permissions import allow, log_groups_arn
from stacks.storage import kept_or_gone

_USE = ["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"]
_SENDERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com", "sns.amazonaws.com")
"""Services that put messages into our queues and topics, and say for which account."""


class Encryption(Construct):
    """The key, who may use it, and where it is set."""

    def __init__(self, scope: Construct, construct_id: str, *, retain: bool) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="object2vec: all stored data",
            enable_key_rotation=True,
            removal_policy=kept_or_gone(retain),
        )
        self._let_services_use_it()

    def cover(self, stack: cdk.Stack) -> None:
        """Sets the key on every store of the stack and lets the stack's roles use it."""
        for node in stack.node.find_all():
            if isinstance(node, cdk.CfnResource) and not _keeps_its_own(node):
                for kind, encrypt in _STORES.items():
                    if isinstance(node, kind):
                        encrypt(node, self.key.key_arn)
            elif isinstance(node, iam.Role) and not _is_generated(node):
                allow(node, _USE, [self.key.key_arn])

    def let_give(self, role: iam.Role) -> None:
        """Lets a role give SageMaker's machines the key for their volumes."""
        for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        allow(role, ["kms:CreateGrant"], [self.key.key_arn], conditions=for_aws)

    def let_store(self, role: iam.Role) -> None:
        """Lets a role that SageMaker runs with store under the key: SageMaker asks for this besides.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html"""
        allow(role, ["kms:Encrypt"], [self.key.key_arn])

    def let_show_pictures(self) -> None:
        """Lets CloudFront read what the bucket's policy gives it. Any distribution of the account: the key is
        there before this one is, and which objects it may ask for is the bucket's to say."""
        sites = f"arn:{cdk.Aws.PARTITION}:cloudfront::{cdk.Aws.ACCOUNT_ID}:distribution/*"
        self._let("cloudfront.amazonaws.com", ["kms:Decrypt"], {"ArnLike": {"aws:SourceArn": sites}})

    def _let_services_use_it(self) -> None:
        in_account = {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}
        send = ["kms:Decrypt", "kms:GenerateDataKey"]
        for service in _SENDERS:
            self._let(service, send, in_account)
        # EventBridge does not say for which account: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        self._let("events.amazonaws.com", send, {})
        group = log_groups_arn("*")
        context = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": group}}
        actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        self._let(f"logs.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}", actions, context)

    def _let(self, service: str, actions: list[str], conditions: Mapping[str, object]) -> None:
        statement = iam.PolicyStatement(
            principals=[iam.ServicePrincipal(service)],
            actions=actions,
            resources=["*"],
            conditions=conditions,
        )
        self.key.add_to_resource_policy(statement)


def _keeps_its_own(node: cdk.CfnResource) -> bool:
    return isinstance(node, s3.CfnBucket) and "AccessLogs" in node.node.path


def _is_generated(node: IConstruct) -> bool:
    """Roles that CDK makes around ours: API Gateway's for its log, the provider framework's."""
    return "/Provider/" in node.node.path or node.node.path.endswith("/Api/CloudWatchRole")


def _bucket(node: s3.CfnBucket, key: str) -> None:
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = [{"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": rule}]
    node.add_property_override("BucketEncryption.ServerSideEncryptionConfiguration", rules)


def _queue(node: sqs.CfnQueue, key: str) -> None:
    node.sqs_managed_sse_enabled = None
    node.kms_master_key_id = key


def _log_group(node: logs.CfnLogGroup, key: str) -> None:
    node.kms_key_id = key


def _topic(node: sns.CfnTopic, key: str) -> None:
    node.kms_master_key_id = key


def _function(node: lambda_.CfnFunction, key: str) -> None:
    node.kms_key_arn = key


def _table(node: dynamodb.CfnTable, key: str) -> None:
    node.add_property_override(
        "SSESpecification", {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    )


_STORES: Mapping[type, Callable[..., None]] = {
    s3.CfnBucket: _bucket,
    sqs.CfnQueue: _queue,
    logs.CfnLogGroup: _log_group,
    sns.CfnTopic: _topic,
    lambda_.CfnFunction: _function,
    dynamodb.CfnTable: _table,
}
