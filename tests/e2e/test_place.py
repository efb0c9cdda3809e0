"""Nobody's account is used by accident."""

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from e2e.cdk import STACK
from e2e.place import NotConfirmedError, own_account

ACCOUNT = "123456789012"


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("E2E_ACCOUNT", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def stacks(monkeypatch):
    """Stands in for CloudFormation: records requests and answers them."""
    client = boto3.client("cloudformation", region_name="eu-central-1")
    real = boto3.client
    monkeypatch.setattr(boto3, "client", lambda name: client if name == "cloudformation" else real(name))
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def entered():
    with own_account() as place:
        return place


@pytest.mark.parametrize("named", ["", "000000000000", "yes"])
def test_an_account_that_nobody_named_is_not_used(monkeypatch, named):
    monkeypatch.setenv("E2E_ACCOUNT", named)
    with pytest.raises(NotConfirmedError, match=f"E2E_ACCOUNT={ACCOUNT}"):
        entered()


def test_without_a_region_it_says_so(monkeypatch, tmp_path):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(NotConfirmedError, match="AWS_REGION"):
        entered()


def test_a_stack_that_is_there_is_never_destroyed(monkeypatch, stacks):
    monkeypatch.setenv("E2E_ACCOUNT", ACCOUNT)
    there = {"StackName": STACK, "CreationTime": 0, "StackStatus": "CREATE_COMPLETE"}
    stacks.add_response("describe_stacks", {"Stacks": [there]}, {"StackName": STACK})
    with pytest.raises(NotConfirmedError, match=f"has a stack {STACK} in eu-central-1"):
        entered()


def test_the_account_that_was_named_is_used(monkeypatch, stacks):
    monkeypatch.setenv("E2E_ACCOUNT", ACCOUNT)
    stacks.add_client_error("describe_stacks", "ValidationError", f"Stack with id {STACK} does not exist")
    place = entered()
    assert (place.account, place.region, place.is_emulated) == (ACCOUNT, "eu-central-1", False)
    assert place.patience > 1
