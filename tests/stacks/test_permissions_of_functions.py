"""Every call that a handler makes is allowed to its role, and no action is allowed that none makes."""

import re
import threading
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.helpers.deployed_account import DeployedAccount, listed
from tests.helpers.iam_verdicts import refused
from tests.helpers.moto_account import moto_account
from tests.helpers.recorded_calls import Call
from tests.helpers.scenarios import SCENARIOS

EVERYTHING = {
    "query_encoder": "endpoint",
    "endpoint_max_instances": "3",
    "retrain_schedule": "rate(7 days)",
    "retrain_after_interactions": "1000",
    "monthly_budget_usd": "50",
    "alarm_email": "shop@example.com",
}
"""Settings under which every function is deployed."""
BY_AWS = {
    "logs:CreateLogStream": "Lambda writes the function's log",
    "logs:PutLogEvents": "Lambda writes the function's log",
    "sqs:ReceiveMessage": "Lambda polls the queue",
    "sqs:DeleteMessage": "Lambda polls the queue",
    "sqs:ChangeMessageVisibility": "Lambda polls the queue",
    "sqs:GetQueueUrl": "Lambda polls the queue",
    "sqs:GetQueueAttributes": "Lambda polls the queue",
    "sqs:SendMessage": "Lambda sets aside an event that failed",
    "sagemaker:AddTags": "SageMaker tags what it creates",
    "s3:AbortMultipartUpload": "boto3 aborts an upload that failed halfway",
}
"""Actions that are done in the role's name without our code asking for them, and who does them."""


@pytest.fixture(scope="module")
def account(deployed_with):
    return DeployedAccount(deployed_with(**EVERYTHING).template)


class Played(NamedTuple):
    """What a function asked of AWS, and which threads were at work when its last answer was out."""

    calls: set[Call]
    threads: list[str]


@pytest.fixture(scope="module")
def played(account, tmp_path_factory):
    """`played(prefix)`: what happened in the scenario of a function."""
    found = {}

    def of(prefix):
        if prefix not in found:
            function = account.one("AWS::Lambda::Function", f"{prefix}Function")
            before = set(threading.enumerate())
            with moto_account(account, function, tmp_path_factory.mktemp(prefix)) as aws:
                made = SCENARIOS[prefix](aws)
                left = set(threading.enumerate()) - before
            found[prefix] = Played(made, [thread.name for thread in left])
        return found[prefix]

    return of


@pytest.fixture(scope="module")
def calls(played):
    """`calls(prefix)`: what a function asked of AWS."""
    return lambda prefix: played(prefix).calls


@pytest.mark.parametrize("prefix", SCENARIOS)
def test_what_it_does_is_allowed(account, calls, prefix):
    role = account.one("AWS::IAM::Role", f"{prefix}Role")
    assert refused(account, role, calls(prefix)) == {}


@pytest.mark.parametrize("prefix", SCENARIOS)
def test_what_is_allowed_is_done(account, calls, prefix):
    made = {call.action for call in calls(prefix)}
    assert account.actions(account.one("AWS::IAM::Role", f"{prefix}Role")) - made <= set(BY_AWS)


@pytest.mark.parametrize("prefix", SCENARIOS)
def test_nothing_is_at_work_once_its_answer_is_out(played, prefix):
    """Lambda would freeze it (tests/lambdas/test_frozen_between_requests.py)."""
    assert played(prefix).threads == []


def test_every_function_of_ours_has_a_scenario(account):
    ours = [
        name
        for name in account.all("AWS::Lambda::Function")
        if account.properties(name)["Handler"].startswith("lambdas.")
    ]
    assert {re.sub(r"Function\w{8}$", "", name) for name in ours} == set(SCENARIOS)


OBJECTS = {"s3:GetObject": "reads", "s3:PutObject": "writes", "s3:DeleteObject": "removes"}
EVERY_FUNCTION = {"s3:ListBucket", "s3:AbortMultipartUpload", "sagemaker:AddTags"}
"""Actions that the table of functions leaves out, beside those for logs and for the function's own queue."""
FEW = 4


def rights(account, role):
    """What a role may do, as the table of functions writes it: with objects of the data bucket by their
    keys, and with other services."""
    data = f"{account.arn(account.one('AWS::S3::Bucket', 'StorageData'))}/"
    keys, calls = defaultdict(set), defaultdict(set)
    for statement in account.statements(role):
        for action in listed(statement["Action"]) if statement["Effect"] == "Allow" else ():
            service, _, name = action.partition(":")
            if action in OBJECTS:
                found = [r.removeprefix(data) for r in listed(statement["Resource"]) if r.startswith(data)]
                keys[OBJECTS[action]] |= {key.removesuffix("*") for key in found}
            elif action == "sqs:SendMessage" or action not in EVERY_FUNCTION | set(BY_AWS):
                calls[service].add(name)
    folders = {f"{key.partition('/')[0]}/" for key in keys["reads"]}
    shown = [folders, keys["writes"], keys["removes"]]
    others = [
        f"{service}: {', '.join(sorted(names)) if len(names) <= FEW else f'{len(names)} actions'}"
        for service, names in sorted(calls.items())
    ]
    return [", ".join(f"`{key}`" for key in sorted(some)) for some in shown] + ["; ".join(others)]


def test_the_table_of_functions_says_what_each_may_do(account):
    page = (Path(__file__).parents[2] / "docs/security.md").read_text(encoding="utf-8")
    section = page.partition("### Each function\n")[2].partition("\n#")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines()]
    shown = {row[0]: row[2:] for row in rows if row[0].startswith("`")}
    expected = {}
    for name in account.all("AWS::Lambda::Function"):
        handler = account.properties(name)["Handler"]
        if handler.startswith("lambdas."):
            role = account.one("AWS::IAM::Role", re.sub(r"Function\w{8}$", "Role", name))
            code = handler.removeprefix("lambdas.").replace(".handler.handler", "").replace(".handler.", ".")
            expected[f"`{code}`"] = rights(account, role)
    assert shown == expected
