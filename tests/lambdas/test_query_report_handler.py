"""The function that reports searches reads them where the API's functions wrote them."""

import time
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from lambdas.query_report import handler as module
from object2vec.search.queries.log import QueryLogWriter
from object2vec.search.queries.report import load_latest
from object2vec.storage import open_store
from tests.helpers.moto_account import KEYS

SEARCH, EVENTS = "search-log", "events-log"
CONTEXT = SimpleNamespace(function_name="f", aws_request_id="1", invoked_function_arn="arn")


@pytest.fixture
def logs(monkeypatch):
    """The two log groups of a deployment, and its bucket."""
    for name, value in {**KEYS, "STORE_URL": "s3://bucket", "LOG_GROUPS": f"{SEARCH},{EVENTS}"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        region = {"LocationConstraint": KEYS["AWS_DEFAULT_REGION"]}
        boto3.client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration=region)
        client = boto3.client("logs")
        for group in (SEARCH, EVENTS):
            client.create_log_group(logGroupName=group)
            client.create_log_stream(logGroupName=group, logStreamName="one")
        yield client


@pytest.fixture
def say(logs):
    """`say(group, text, at)`: a function prints a line."""

    def put(group, text, at):
        event = {"timestamp": int(at * 1000), "message": text}
        logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[event])

    return put


def test_searches_and_what_was_taken_meet_by_time(logs, say):
    at = time.time() - 3_600
    searched, took = [], []
    for user in "ab":
        QueryLogWriter(searched.append, "key", lambda: at).searched(
            "milk", ["1"], user_id=user, address="", hits=1, by_words=True, filtered=False, further=False
        )
        QueryLogWriter(took.append, "key", lambda: at + 1).took(user, ["1"])
    for text in took:
        say(EVENTS, text, at + 1)
    for text in ["START RequestId: 1 Version: $LATEST", *searched]:
        say(SEARCH, text, at)
    module.handler({}, CONTEXT)
    report = load_latest(open_store("s3://bucket"))
    assert (report["searches"], report["clicks"]) == (2, 2)
    assert [row["query"] for row in report["popular"]] == ["milk"]


def test_a_shop_where_nobody_searched_has_an_empty_report(logs):
    module.handler({}, CONTEXT)
    assert load_latest(open_store("s3://bucket"))["searches"] == 0
