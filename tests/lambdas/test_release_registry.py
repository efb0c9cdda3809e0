"""The model registry: what a person approves or rejects there happens, and shows what became of it."""

from dataclasses import replace

import boto3
import orjson
import pytest
from moto import mock_aws

from lambdas.release import handler as module
from object2vec.release import live, save
from object2vec.release.rollback import point_back, withdrawn
from tests.helpers.rollouts import settle

AGAIN = {"batchItemFailures": [{"itemIdentifier": "m1"}]}
ENDED = {"batchItemFailures": []}


class Registry:
    """The registry, and the messages that EventBridge sends about it."""

    def __init__(self):
        self.sagemaker = boto3.client("sagemaker")
        self.sagemaker.create_model_package_group(ModelPackageGroupName="shop")
        self.package = self.register()

    def register(self):
        return self.sagemaker.create_model_package(
            ModelPackageGroupName="shop", ModelApprovalStatus="PendingManualApproval"
        )["ModelPackageArn"]

    def decide(self, status):
        self.sagemaker.update_model_package(ModelPackageArn=self.package, ModelApprovalStatus=status)

    @property
    def shown(self):
        return self.sagemaker.describe_model_package(ModelPackageName=self.package)["ModelApprovalStatus"]

    def send(self, attempt=1, **order):
        body = order or {"order": "package", "package": self.package}
        record = {
            "messageId": "m1", "body": orjson.dumps(body).decode(), "eventSource": "aws:sqs",
            "attributes": {"ApproximateReceiveCount": str(attempt)},
        }  # fmt: skip
        return module.handler({"Records": [record]}, None)


@pytest.fixture
def registry(world, monkeypatch):
    monkeypatch.setattr(module, "configured_endpoints", lambda _: world.endpoints)
    with mock_aws():
        found = Registry()
        world.new = replace(world.new, model_package=found.package)
        yield found


@pytest.fixture
def waiting(world, registry):
    """`new` waits for approval."""
    save(world.store, world.new)
    return registry


@pytest.fixture
def released(world, registry):
    """`new` took over from `old`."""
    settle(world.store, world.endpoints, world.new, instead_of=world.old.model_version)
    return registry


def test_a_version_that_nobody_has_decided_on_stays_where_it_is(waiting, world):
    assert waiting.send() == ENDED
    assert live(world.store) == world.old
    assert waiting.shown == "PendingManualApproval"


def test_approving_a_package_releases_its_version(waiting, world):
    waiting.decide("Approved")
    assert [waiting.send(n) for n in (1, 2, 3)] == [AGAIN, AGAIN, ENDED]
    assert live(world.store) == world.new
    assert waiting.shown == "Approved"
    assert waiting.send() == ENDED  # our own answer is a change, too


def test_a_package_approved_before_its_run_has_come_to_the_release_is_waited_for(registry, world):
    registry.decide("Approved")
    assert registry.send() == AGAIN
    save(world.store, world.new)
    assert [registry.send(n) for n in (2, 3, 4)] == [AGAIN, AGAIN, ENDED]
    assert live(world.store) == world.new


def test_a_rejected_version_cannot_go_live(waiting, world):
    waiting.decide("Rejected")
    assert waiting.send() == ENDED
    assert withdrawn(world.store, "new") == "rejected in the model registry"
    outcome = settle(world.store, world.endpoints, world.new, instead_of=world.old.model_version)
    assert outcome.reason == "new was rolled back: rejected in the model registry"


def test_rejecting_the_live_version_rolls_it_back(released, world):
    released.decide("Rejected")
    assert [released.send(n) for n in (1, 2, 3)] == [AGAIN, AGAIN, ENDED]
    assert live(world.store) == world.old
    assert world.endpoints.names() == [world.endpoints.name_for(world.old.model_version)]


def test_approving_what_was_rolled_back_readmits_it(released, world):
    point_back(world.store, to="old", instead_of="new", reason="alarm")
    settle(world.store, world.endpoints, world.old, instead_of=world.old.model_version)
    released.decide("Approved")
    assert [released.send(n) for n in (1, 2, 3)] == [AGAIN, AGAIN, ENDED]
    assert live(world.store) == world.new


def test_a_late_message_about_an_earlier_decision_changes_nothing(released, world):
    """The message says that something changed; what holds is what the registry says now."""
    released.decide("Rejected")
    released.decide("Approved")
    assert [released.send(), released.send()] == [ENDED, ENDED]
    assert live(world.store) == world.new


def test_a_roll_back_by_an_alarm_is_shown_as_a_rejection(released, world):
    assert released.send(order="alarm", alarm="ApiErrors") == AGAIN
    assert released.shown == "Rejected"
    assert live(world.store) == world.old
    assert [released.send(), released.send(2)] == [AGAIN, ENDED]  # about that rejection
    assert live(world.store) == world.old


def test_a_package_that_is_gone_is_no_decision(registry, world):
    registry.package = registry.package.replace("/1", "/9")
    assert registry.send() == ENDED
    assert live(world.store) == world.old


def test_a_registry_that_cannot_be_written_stops_no_release(released, world, monkeypatch):
    def refuse(*_arguments, **_request):
        raise module.ClientError({"Error": {"Code": "AccessDeniedException"}}, "UpdateModelPackage")

    client = boto3.client("sagemaker")
    monkeypatch.setattr(client, "update_model_package", refuse)
    monkeypatch.setattr(boto3, "client", lambda _name: client)
    released.send(order="alarm", alarm="ApiErrors")
    assert live(world.store) == world.old
