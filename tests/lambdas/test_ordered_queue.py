"""What failed in a queue that nothing may pass comes again within minutes."""

import json
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from lambdas.ordered_queue import AFTER_ERROR_S, AFTER_TIMEOUT_S, LONGEST_S, retried_soon

REGION, ACCOUNT, LEFT_S = "eu-central-1", "123456789012", 870
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: LEFT_S * 1000)


@pytest.fixture
def hidden(monkeypatch):
    """A queue, and for how long a run hid its messages, one after the other."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        in_order = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        boto3.client("sqs").create_queue(QueueName="work.fifo", Attributes=in_order)
        boto3.setup_default_session()
        times = []
        boto3.DEFAULT_SESSION.events.register(
            "provide-client-params.sqs.ChangeMessageVisibility",
            lambda params, **_: times.append(params["VisibilityTimeout"]),
        )
        yield times
        boto3.setup_default_session()


def delivered(count, queue="work.fifo"):
    """A message as SQS delivers it for the `count`th time."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="work.fifo")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"n": count}), MessageGroupId="all")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    return {
        "Records": [
            {
                "receiptHandle": message["ReceiptHandle"],
                "attributes": {"ApproximateReceiveCount": str(count)},
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
            }
        ]
    }


def test_a_run_that_ends_without_a_word_is_followed_soon(hidden):
    with retried_soon(delivered(1), CONTEXT):
        assert hidden == [LEFT_S + AFTER_TIMEOUT_S]
    assert len(hidden) == 1  # Lambda removes the message


@pytest.mark.parametrize(("count", "seconds"), [(1, AFTER_ERROR_S), (3, 4 * AFTER_ERROR_S), (9, LONGEST_S)])
def test_a_run_that_fails_comes_again_later_each_time(hidden, count, seconds):
    with pytest.raises(ZeroDivisionError), retried_soon(delivered(count), CONTEXT):
        raise ZeroDivisionError
    assert hidden[-1] == seconds


def test_a_queue_that_does_not_answer_stops_no_work(hidden, caplog):
    done = []
    with retried_soon(delivered(1, queue="gone.fifo"), CONTEXT):
        done.append(True)
    assert done
    assert hidden == []


def test_events_of_no_queue_are_left_alone(hidden):
    with retried_soon({}, None):
        assert hidden == []
