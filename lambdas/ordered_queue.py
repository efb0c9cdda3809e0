"""Delivers a failed message of an ordered queue again soon, because it blocks the messages behind it.

The queue hides a message for six time-outs, as AWS asks for, which is an hour and a half here. That long is
not needed: a run is over when its own time is, and a minute after an error the next attempt may begin."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger

logger = Logger(service="ordered")
AFTER_TIMEOUT_S = 60
"""Seconds from the time-out of a run that was killed (out of memory or time) to the next attempt."""
AFTER_ERROR_S, LONGEST_S = 60, 900
"""Doubles with every attempt, so that the attempts outlast a short failure of another service."""


@contextmanager
def retried_soon(event: Mapping[str, Any], context: Any) -> Iterator[None]:
    """A context around the work on an invocation's messages; it does nothing for events that are no
    messages."""
    messages = [record for record in event.get("Records", ()) if "receiptHandle" in record]
    if messages:
        left_s = context.get_remaining_time_in_millis() // 1000
        _show_after(messages, left_s + AFTER_TIMEOUT_S)
    try:
        yield
    except Exception:  # raised again, once it is settled when the next attempt comes
        if messages:
            attempt = max(int(message["attributes"]["ApproximateReceiveCount"]) for message in messages)
            _show_after(messages, min(AFTER_ERROR_S * 2 ** (attempt - 1), LONGEST_S))
        raise


def _show_after(messages: list[dict[str, Any]], seconds: int) -> None:
    """Sets when the messages are delivered again. If SQS refuses, they come at the queue's usual, later
    time."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    sqs = boto3.client("sqs")
    *_, account, name = messages[0]["eventSourceARN"].split(":")
    try:
        url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        for message in messages:
            sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["receiptHandle"], VisibilityTimeout=seconds
            )
    except (BotoCoreError, ClientError):
        logger.exception("messages keep the queue's own time")
