"""The two stores, each behind the same fixture, so that one suite says what both must do."""

from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import boto3
import pytest
from moto import mock_aws

from object2vec.storage import FolderStore, ObjectStore
from object2vec.storage.s3 import S3Store

BUCKET = "contract-bucket"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        place = {"LocationConstraint": "eu-central-1"}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield BUCKET


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    request.getfixturevalue("bucket")
    return S3Store(BUCKET, _one_at_a_time(boto3.client("s3")))


def _one_at_a_time(client):
    """S3 checks a condition and writes in one step; moto does not, so its requests take turns."""
    busy, call = Lock(), client._make_api_call

    def serialised(*arguments):
        with busy:
            return call(*arguments)

    client._make_api_call = serialised
    return client
