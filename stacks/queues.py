"""A queue that feeds one function, with a dead-letter queue behind it, and a queue for what never arrived."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.functions import LibraryFunction
from stacks.permissions import AWS_KEYS, accept, acknowledge

ATTEMPTS = 5
"""Deliveries of a message before it is set aside: where few executions may run at once, some deliveries end
before a function has seen them. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
UNDELIVERED = "Undelivered"


def visibility_of(timeout: cdk.Duration) -> cdk.Duration:
    """Six times the function's time-out, as the same page asks for: deliveries are tried within it."""
    return cdk.Duration.seconds(6 * timeout.to_seconds())


def undelivered(scope: Construct) -> sqs.Queue:
    """The stack's one queue for events that a rule, a schedule or a topic could not hand on."""
    stack = cdk.Stack.of(scope)
    found = stack.node.try_find_child(UNDELIVERED)
    if isinstance(found, sqs.Queue):
        return found
    queue = sqs.Queue(
        stack,
        UNDELIVERED,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(14),
    )
    acknowledge(queue, "It is a dead-letter queue itself.", "AwsSolutions-SQS3")
    accept(queue, {"CKV_AWS_27": AWS_KEYS})
    return queue


class WorkQueue(Construct):
    """Messages are delivered again after `visibility`, and set aside after `attempts`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        visibility: cdk.Duration,
        attempts: int = ATTEMPTS,
        in_order: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self.in_order, self._group = in_order, "all" if in_order else None
        self.dead_letters = self._queue("DeadLetters", in_order, retention_period=cdk.Duration.days(14))
        self.queue = self._queue(
            "Queue",
            in_order,
            visibility_timeout=visibility,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=attempts),
        )

    def feed(
        self,
        worker: LibraryFunction,
        *,
        batch_size: int,
        max_concurrency: int | None = None,
        partial_failure: bool = True,
    ) -> None:
        """Gives the messages to a function, which with `partial_failure` answers which of them failed."""
        source = sources.SqsEventSource(
            self.queue,
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            report_batch_item_failures=partial_failure,
        )
        worker.function.add_event_source(source)

    def take_created_objects(self, bucket: s3.Bucket, *prefixes: str, deleted: bool = False) -> None:
        """Sends every new object below the prefixes as a message, and with `deleted` every one that goes."""
        events.Rule(
            self,
            "Created",
            description=f"New objects below {', '.join(prefixes)}",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created", *(["Object Deleted"] if deleted else [])],
                detail={
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [{"prefix": prefix} for prefix in prefixes]},
                },
            ),
            targets=[self.target()],
        )

    def target(self, message: events.RuleTargetInput | None = None) -> targets.SqsQueue:
        """This queue, for a rule to send to."""
        return targets.SqsQueue(
            self.queue,
            message=message,
            message_group_id=self._group,
            dead_letter_queue=undelivered(self),
        )

    def _queue(
        self,
        construct_id: str,
        in_order: bool,
        *,
        retention_period: cdk.Duration | None = None,
        visibility_timeout: cdk.Duration | None = None,
        dead_letter_queue: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            construct_id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            fifo=in_order or None,
            content_based_deduplication=in_order or None,
            retention_period=retention_period,
            visibility_timeout=visibility_timeout,
            dead_letter_queue=dead_letter_queue,
        )
        accept(queue, {"CKV_AWS_27": AWS_KEYS})
        return queue
