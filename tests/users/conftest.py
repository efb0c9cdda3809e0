"""The session store twice behind one fixture, so that one suite says what both must do."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from object2vec.core.history import SessionStore
from object2vec.storage import FolderStore
from object2vec.users.dynamodb import INDEX, DynamoSessionStore
from object2vec.users.sqlite import SqliteSessionStore


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Table as the stack makes it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    names = {"user_id": "S", "event_id": "S", "timestamp": "N"}
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="sessions",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in names.items()],
            KeySchema=keys("user_id", "event_id"),
            LocalSecondaryIndexes=[
                {
                    "IndexName": INDEX,
                    "KeySchema": keys("user_id", "timestamp"),
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["item_id"]},
                }
            ],
        )
        yield "sessions"


def keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


@pytest.fixture(params=["sqlite", "dynamodb"])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> SessionStore:
    if request.param == "sqlite":
        return SqliteSessionStore(tmp_path / "sessions.db")
    return DynamoSessionStore(request.getfixturevalue("table"))
