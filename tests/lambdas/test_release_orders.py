"""Orders of a person or an alarm, through the release function's queue."""

import boto3
import orjson
import pytest
from botocore.stub import Stubber

from lambdas.release import handler as module
from object2vec.release import live, pointer, save
from tests.helpers.rollouts import settle

AGAIN = {"batchItemFailures": [{"itemIdentifier": "m1"}]}
ENDED = {"batchItemFailures": []}


@pytest.fixture
def send(world, monkeypatch):
    """Delivers an order, for the n-th time; no report to a pipeline is expected."""
    client = boto3.client("sagemaker")
    monkeypatch.setenv("RELEASE_ATTEMPTS", "60")
    monkeypatch.setattr(module, "configured_endpoints", lambda _: world.endpoints)
    monkeypatch.setattr(boto3, "client", lambda _name: client)

    def deliver(attempt=1, **order):
        record = {
            "messageId": "m1", "body": orjson.dumps(order).decode(), "eventSource": "aws:sqs",
            "attributes": {"ApproximateReceiveCount": str(attempt)},
        }  # fmt: skip
        return module.handler({"Records": [record]}, None)

    with Stubber(client):
        yield deliver


@pytest.fixture
def released(world):
    """`new` took over from `old`."""
    settle(world.store, world.endpoints, world.new, instead_of=world.old.model_version)
    return world


def rolled_back(send, attempt=1):
    order = {"order": "roll back", "to": "old", "instead_of": "new", "reason": "too few sales"}
    return send(attempt, **order)


def test_a_rollback_is_live_at_once_and_ends_when_the_endpoint_is_back(send, released):
    assert rolled_back(send) == AGAIN
    assert live(released.store) == released.old
    assert [rolled_back(send, attempt) for attempt in (2, 3)] == [AGAIN, ENDED]
    assert released.endpoints.names() == [released.endpoints.name_for(released.old.model_version)]


def test_an_alarm_rolls_a_new_model_back_once(send, released):
    assert [send(attempt, order="alarm", alarm="ApiErrors") for attempt in (1, 2, 3)] == [AGAIN, AGAIN, ENDED]
    assert live(released.store) == released.old
    assert send(order="alarm", alarm="ApiErrors") == ENDED
    assert live(released.store) == released.old


def test_an_alarm_about_a_model_with_none_before_it_changes_nothing(send, world):
    assert send(order="alarm", alarm="ApiErrors") == ENDED
    assert live(world.store) == world.old


def test_an_approved_version_takes_its_place_when_its_endpoint_is_up(send, world):
    save(world.store, world.new)
    order = {"order": "approve", "version": "new", "instead_of": world.old.model_version}
    assert [send(**order) for _ in range(3)] == [AGAIN, AGAIN, ENDED]
    assert live(world.store) == world.new


def test_an_approval_against_another_model_is_refused(send, world):
    """What a person saw live is not live any more."""
    save(world.store, world.new)
    order = {"order": "approve", "version": "new", "instead_of": "trained-000000000000"}
    assert send(**order) == ENDED
    assert live(world.store) == world.old


def test_a_version_that_is_not_there_is_tried_again_and_given_up(send, world):
    order = {"order": "approve", "version": "missing", "instead_of": world.old.model_version}
    assert send(**order) == AGAIN
    assert send(60, **order) == ENDED
    assert live(world.store) == world.old


@pytest.mark.parametrize("message", [{"order": "dance"}, {"order": "approve"}, {"version": "new"}])
def test_a_message_that_is_no_order_is_given_up_and_changes_nothing(send, world, message):
    before = pointer(world.store)
    assert send(**message) == AGAIN
    assert send(60, **message) == ENDED
    assert pointer(world.store) == before
