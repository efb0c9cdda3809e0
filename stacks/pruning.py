"""The function that removes old releases and the leftovers of unfinished runs every day."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from lambdas.settings import PrunerSettings
from object2vec.core import keys
from stacks.functions import LibraryFunction
from stacks.hosting import endpoint_prefix
from stacks.permissions import allow, log_groups_arn
from stacks.queues import undelivered
from stacks.storage import Storage
from stacks.training import Training

LOGS_OF_ENDPOINTS = "/aws/sagemaker/Endpoints/"
_LOGS_REASON = "SageMaker names the log group by the endpoint, and that by its version."


class Pruning(Construct):
    """The one function that may delete releases while the stack lives, and the live pointer never."""

    def __init__(
        self, scope: Construct, construct_id: str, *, storage: Storage, training: Training, architecture: str
    ) -> None:
        super().__init__(scope, construct_id)
        group = training.model_package_group.model_package_group_name
        prefix = endpoint_prefix(cdk.Stack.of(self).stack_name)
        self.pruner = LibraryFunction(
            self,
            "Pruner",
            name="pruner",
            architecture=architecture,
            environment=PrunerSettings.variables(
                store_url=storage.url, model_package_group=group, endpoint_prefix=prefix
            ),
            memory_mb=512,
            timeout=cdk.Duration.minutes(15),
        )
        self.pruner.set_aside_in(undelivered(self))  # the rule would not wait for it by itself
        self._let_remove(storage)
        training.let_remove_packages(self.pruner.role)
        self._let_logs_expire(prefix)
        events.Rule(
            self,
            "Daily",
            description="Removes old releases",
            schedule=events.Schedule.rate(cdk.Duration.days(1)),
            targets=[targets.LambdaFunction(self.pruner.function, dead_letter_queue=undelivered(self))],
        )

    def _let_remove(self, storage: Storage) -> None:
        role = self.pruner.role
        storage.let_read(role, [keys.RELEASES])
        storage.let_write(role, [f"{keys.RELEASES}*/removed.json"], delete=True)
        storage.let_delete(role, [keys.RELEASES])
        storage.let_read(role, [keys.PICTURE_TABLE, keys.PICTURE_ENCODER])
        storage.let_delete(role, [keys.PICTURE_VECTORS, keys.SHOWN_PICTURES])
        storage.keep_from(role, [keys.LIVE])

    def _let_logs_expire(self, prefix: str) -> None:
        every = "DescribeLogGroups lists groups by a prefix and knows no resource."
        allow(self.pruner.role, ["logs:DescribeLogGroups"], ["*"], wildcard=every)
        of_endpoints = log_groups_arn(f"{LOGS_OF_ENDPOINTS}{prefix}-*")
        allow(self.pruner.role, ["logs:PutRetentionPolicy"], [of_endpoints], wildcard=_LOGS_REASON)
