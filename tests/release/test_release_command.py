"""`python -m tools.release`, with the release function behind its queue played at once."""

import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import boto3
import pytest

from lambdas.release.orders import take_order
from object2vec.release import live, save
from object2vec.release.rollback import point_back
from tests.helpers.rollouts import settle
from tools import release as module


@pytest.fixture
def command(world, monkeypatch):
    """Runs it; what is ordered is taken up by the function's own code."""
    orders = []

    def send_message(QueueUrl, MessageBody):  # noqa: N803 (boto3's names)
        orders.append(json.loads(MessageBody))
        for _ in range(4):
            take_order(world.store, world.endpoints, orders[-1])

    monkeypatch.setattr(boto3, "client", lambda _name: SimpleNamespace(send_message=send_message))
    monkeypatch.setattr(module, "_outputs", lambda _stack: {"BucketName": "b", "ReleaseQueueUrl": "q"})
    monkeypatch.setattr(module, "open_store", lambda _url: world.store)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["release", *arguments])
        return module.main()

    return SimpleNamespace(run=run, orders=orders)


@pytest.fixture
def released(world):
    """`new` took over from `old`."""
    save(world.store, world.old)
    settle(world.store, world.endpoints, world.new, instead_of=world.old.model_version)
    return world


def test_rolling_back_makes_the_release_before_live(released, command, capsys):
    assert command.run("rollback", "--reason", "too few sales") == 0
    assert live(released.store) == released.old
    assert "old is live" in capsys.readouterr().out
    assert command.orders[0]["reason"] == "too few sales"


def test_status_says_what_is_live_and_what_was_rolled_back(released, command, capsys):
    point_back(released.store, to="old", instead_of="new", reason="too few sales")
    assert command.run("status") == 0
    said = capsys.readouterr().out
    assert f"* old  model {released.old.model_version}" in said
    assert "rolled back: too few sales" in said


def test_there_is_nothing_to_roll_back_to_twice(released, command, capsys):
    command.run("rollback")
    assert command.run("rollback") == 1
    assert "has no release before it" in capsys.readouterr().err
    assert live(released.store) == released.old


def test_a_version_is_approved_and_may_be_approved_again(released, command):
    command.run("rollback")
    assert command.run("approve", "new") == 0
    assert live(released.store) == released.new


def test_another_release_may_be_named(released, command):
    save(released.store, released.other)
    assert command.run("rollback", "--to", "other") == 0
    assert live(released.store) == released.other


def test_an_order_that_is_not_carried_out_is_a_failure(released, command, monkeypatch, capsys):
    monkeypatch.setattr(boto3, "client", lambda _name: SimpleNamespace(send_message=lambda **_: None))
    monkeypatch.setattr(module, "WAIT_SECONDS", 0)
    assert command.run("rollback") == 1
    assert "not live yet" in capsys.readouterr().err


def test_before_the_first_release_there_is_nothing_to_do(store, command, monkeypatch, capsys):
    monkeypatch.setattr(module, "open_store", lambda _url: store)
    assert command.run("rollback") == 1
    assert "nothing is live yet" in capsys.readouterr().err


def test_a_damaged_release_is_shown_and_left(released, command, capsys):
    released.store.put(released.new.key, b"{")
    command.run("status")
    assert "new  damaged" in capsys.readouterr().out
    assert command.run("rollback") == 0
    assert live(released.store) == released.old


def test_old_releases_are_removed_and_said(released, command, capsys):
    newest = replace(released.other, created_at="2026")
    settle(released.store, released.endpoints, newest, instead_of=released.new.model_version)
    assert command.run("prune", "--keep", "2") == 0
    assert "nothing is older" in capsys.readouterr().out
    assert command.run("prune", "--keep", "0") == 0
    assert "removed old, " in capsys.readouterr().out
    assert command.run("rollback") == 0


def test_of_a_damaged_live_release_nothing_is_removed(released, command, capsys):
    released.store.put(released.new.key, b"{")
    assert command.run("prune") == 1
    assert released.new.key in capsys.readouterr().err
