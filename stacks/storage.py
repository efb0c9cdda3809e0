"""The one bucket that holds everything, and the bucket of its access logs."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from object2vec.core import keys
from stacks.permissions import PLACE, accept, acknowledge, allow

KEYS_REASON = "Keys below these prefixes are named by uploads, versions and executions, unknown at synth."


EXPIRY_DAYS = {
    keys.EXECUTIONS: 180,
    keys.CAPTURE: 30,
    keys.EVENT_REPORTS: 400,
    keys.ERASURE_REPORTS: 400,
    keys.SEARCH_REPORTS: 400,
    f"{keys.QUARANTINE}events/": 90,
}
"""Days until objects expire that nothing else removes: a run's data, or one more object a day or a person.
docs/files.md has all prefixes."""


class Storage(Construct):
    """The data bucket; every prefix in it belongs to one part of the system."""

    def __init__(self, scope: Construct, construct_id: str, *, retain: bool) -> None:
        super().__init__(scope, construct_id)
        self._access_logs = self._bucket("AccessLogs", retain, lifecycle_rules=[_expire("", 90)])
        itself = "It is the bucket that access logs go to."
        acknowledge(self._access_logs, itself, "AwsSolutions-S1")
        once = "Access logs are written once and expire."
        accept(self._access_logs, {"CKV_AWS_18": itself, "CKV_AWS_21": once})
        self.bucket = self._bucket(
            "Data",
            retain,
            versioned=True,
            server_access_logs_bucket=self._access_logs,
            server_access_logs_prefix="data/",
            lifecycle_rules=[
                _tidy(),
                *(_expire(prefix, days) for prefix, days in EXPIRY_DAYS.items()),
                _seldom_read(keys.IMAGE_UPLOADS),
            ],
        )
        _send_events(self.bucket)
        if not retain:
            provider = cdk.Stack.of(self).node.find_child("Custom::S3AutoDeleteObjectsCustomResourceProvider")
            waits = "CloudFormation waits for its answer."
            accept(provider.node.find_child("Handler"), {**PLACE, "CKV_AWS_116": waits})
        self.url = f"s3://{self.bucket.bucket_name}"

    def let_read(self, role: iam.Role, prefixes: Sequence[str]) -> None:
        """Lets a role read the objects below prefixes.

        Listing covers the bucket: without it S3 answers 403 in place of 404 for a missing key.
        """
        allow(role, ["s3:ListBucket"], [self.bucket.bucket_arn])
        allow(role, ["s3:GetObject"], self._objects(prefixes), wildcard=KEYS_REASON)

    def let_write(self, role: iam.Role, prefixes: Sequence[str], *, delete: bool = False) -> None:
        """Lets a role write the objects below prefixes, and with `delete` remove them."""
        actions = ["s3:PutObject", "s3:AbortMultipartUpload", *(["s3:DeleteObject"] if delete else [])]
        allow(role, actions, self._objects(prefixes), wildcard=KEYS_REASON)

    def let_delete(self, role: iam.Role, prefixes: Sequence[str]) -> None:
        """Lets a role remove the objects below prefixes, and not write them."""
        allow(role, ["s3:DeleteObject"], self._objects(prefixes), wildcard=KEYS_REASON)

    def keep_from(self, role: iam.Role, keys: Sequence[str]) -> None:
        """Denies a role to write or delete certain objects, whatever else it may."""
        objects = [self.bucket.arn_for_objects(key) for key in keys]
        never = iam.PolicyStatement(
            effect=iam.Effect.DENY, actions=["s3:PutObject", "s3:DeleteObject"], resources=objects
        )
        role.add_to_policy(never)

    def _objects(self, prefixes: Sequence[str]) -> list[str]:
        """The ARNs of the objects. A prefix that does not end in `/` is a key or a pattern of keys itself."""
        below = (f"{prefix}*" if prefix.endswith("/") else prefix for prefix in prefixes)
        return [f"{self.bucket.bucket_arn}/{key}" for key in below]

    def _bucket(
        self,
        construct_id: str,
        retain: bool,
        *,
        lifecycle_rules: list[s3.LifecycleRule],
        versioned: bool = False,
        server_access_logs_bucket: s3.Bucket | None = None,
        server_access_logs_prefix: str | None = None,
    ) -> s3.Bucket:
        return s3.Bucket(
            self,
            construct_id,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=versioned,
            lifecycle_rules=lifecycle_rules,
            server_access_logs_bucket=server_access_logs_bucket,
            server_access_logs_prefix=server_access_logs_prefix,
            removal_policy=kept_or_gone(retain),
            auto_delete_objects=not retain,
        )


def kept_or_gone(retain: bool) -> cdk.RemovalPolicy:
    """The removal policy: data stay when the stack goes, except in a first deployment that failed, as far as
    CloudFormation can delete them: neither a bucket with files nor what is protected against deletion."""
    return cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retain else cdk.RemovalPolicy.DESTROY


def _send_events(bucket: s3.Bucket) -> None:
    """S3 → EventBridge as a property of the bucket: CDK's own switch would add a helper Lambda."""
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    resource.add_property_override(
        "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
    )


def _tidy() -> s3.LifecycleRule:
    return s3.LifecycleRule(
        abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
        noncurrent_version_expiration=cdk.Duration.days(30),
        expired_object_delete_marker=True,
    )


def _seldom_read(prefix: str) -> s3.LifecycleRule:
    """Pictures are shown from copies: what was uploaded is read once, and again by another encoder."""
    rarely = s3.Transition(
        storage_class=s3.StorageClass.INTELLIGENT_TIERING, transition_after=cdk.Duration.days(30)
    )
    return s3.LifecycleRule(prefix=prefix, transitions=[rarely])


def _expire(prefix: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(prefix=prefix or None, expiration=cdk.Duration.days(days))
