"""`python -m tools.release` as the page writes it, in moto; the release function works off the queue."""

import json
import re
import sys
from types import SimpleNamespace

import boto3
import pytest

from lambdas.release import handler as function
from lambdas.settings import ReleaseSettings
from object2vec.release import live, save
from object2vec.release.rollout import advance
from object2vec.storage import open_store
from tests.helpers.documented import BUCKET, command
from tests.helpers.rollouts import stored_model, write_model
from tools import release as tool


@pytest.fixture
def stack(account, monkeypatch):
    """The store of a deployed stack without endpoints."""
    queue = boto3.client("sqs").create_queue(QueueName="releases")["QueueUrl"]
    environment = {"STORE_URL": f"s3://{BUCKET}", "ENDPOINT_MODE": "none", "RELEASE_ATTEMPTS": "3"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tool, "_outputs", lambda _stack: {"BucketName": BUCKET, "ReleaseQueueUrl": queue})
    clock = SimpleNamespace(monotonic=lambda: 0.0, sleep=lambda _seconds: _work_off(queue))
    monkeypatch.setattr(tool, "time", clock)
    return open_store(f"s3://{BUCKET}")


def _work_off(queue):
    sqs = boto3.client("sqs")
    for message in sqs.receive_message(QueueUrl=queue).get("Messages", []):
        body, settings = json.loads(message["Body"]), ReleaseSettings.read()
        function.take_up(body, None, boto3.client("sagemaker"), settings=settings, last_attempt=False)
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def releases(stack, tmp_path):
    """`first` was live, now `second` is; `third` is built and waits."""
    made = {}
    for number, version in enumerate(("first", "second", "third")):
        write_model(tmp_path / version, number)
        made[version], _ = stored_model(stack, tmp_path / version, version)
    advance(stack, None, made["first"], instead_of=None)
    advance(stack, None, made["second"], instead_of=made["first"].model_version)
    save(stack, made["third"])
    return stack


def run(monkeypatch, start, version="", **options):
    """The page's words; what it shows as `[--name …]` is given only where it has a value here."""
    words = command(start)
    assert words[:3] == [".venv/bin/python", "-m", "tools.release"]

    def given(match):
        return f"--{match[1]} {options[match[1]]}" if match[1] in options else ""

    text = re.sub(r"\[--(\w+) \S+\]", given, " ".join(words)).replace("VERSION", version)
    monkeypatch.setattr(sys, "argv", text.split()[2:])
    return tool.main()


def test_status_names_the_live_release(releases, monkeypatch, capsys):
    assert run(monkeypatch, ".venv/bin/python -m tools.release status") == 0
    assert "* second" in capsys.readouterr().out


def test_rollback_goes_to_the_release_before(releases, monkeypatch):
    assert run(monkeypatch, ".venv/bin/python -m tools.release rollback", reason="unsold") == 0
    assert live(releases).version == "first"


def test_rollback_goes_to_a_named_release(releases, monkeypatch):
    run(monkeypatch, ".venv/bin/python -m tools.release rollback", to="third", reason="unsold")
    assert live(releases).version == "third"


def test_approval_makes_a_release_live(releases, monkeypatch):
    assert run(monkeypatch, ".venv/bin/python -m tools.release approve", version="third") == 0
    assert live(releases).version == "third"


def test_pruning_leaves_what_may_be_needed(releases, monkeypatch, capsys):
    assert run(monkeypatch, ".venv/bin/python -m tools.release prune", keep="0") == 0
    assert "nothing is older" in capsys.readouterr().out
    assert run(monkeypatch, ".venv/bin/python -m tools.release rollback", reason="unsold") == 0
