"""Ownership of files in a bucket: whole seconds, conditional requests, keys that are no file names."""

import boto3
import pytest
from moto import mock_aws

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import load_report
from object2vec.storage.s3 import S3Store
from tests.helpers.uploads import EVENTS, catalogue, items, put_item

A, B, LOG = "uploads/catalog/a.jsonl", "uploads/catalog/ü b.jsonl", "uploads/interactions/e.csv"


@pytest.fixture
def bucket(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="uploads-bucket")
        yield S3Store("uploads-bucket")


def upload(store, key, data):
    store.put(key, data)
    return preprocess_upload(store, key)


def test_files_own_their_rows(bucket):
    upload(bucket, A, catalogue({"1": "a", "2": "a"}))
    upload(bucket, B, catalogue({"2": "b", "3": "b"}))
    assert items(bucket) == {"1": "a", "2": "b", "3": "b"}  # in one second the key decides
    moment = bucket.head(A).modified
    put_item(bucket, "1", "put", moment)  # in the second of the upload, after it
    put_item(bucket, "3", "put", moment - 1)
    for key in (A, B, A):
        preprocess_upload(bucket, key)
    assert items(bucket)["1"] == "put"
    report = upload(bucket, B, catalogue({"4": "b"}))
    assert (report.added, report.removed, report.uploaded) == (1, 2, bucket.head(B).modified)
    assert items(bucket) == {"1": "put", "2": "a", "3": "put", "4": "b"}
    bucket.delete(A)
    assert preprocess_upload(bucket, A).removed == 2
    assert items(bucket) == {"1": "put", "3": "put", "4": "b"}


def test_logs_are_replaced_and_deleted(bucket):
    assert upload(bucket, LOG, EVENTS + b"u,i,5\nbad\n").added == 1
    report = upload(bucket, LOG, EVENTS + b"u,i,5\nu,j,6\n")
    assert (report.added, report.unchanged, report.quarantine) == (1, 1, None)
    bucket.delete(LOG)
    assert preprocess_upload(bucket, LOG).removed == 2
    assert [entry.size for entry in bucket.list("curated/")] == [0]
    assert not list(bucket.list("quarantine/"))


def test_two_of_the_longest_keys_have_a_report_and_a_quarantine_each(bucket):
    keys = [f"uploads/catalog/{'é' * 500}/{name}.jsonl" for name in "ab"]
    assert {len(key.encode()) for key in keys} == {1024}
    for key, item in zip(keys, "ab", strict=True):
        report = upload(bucket, key, catalogue({item: "a"}) + b"not JSON\n")
        assert (report.accepted, report.rejected, report.key) == (1, 1, key)
        assert load_report(bucket, key) == report
        assert bucket.get(report.quarantine) == b"not JSON\n"
    assert len(items(bucket)) == len(list(bucket.list("quarantine/"))) == 2
    for key in keys:
        bucket.delete(key)
        preprocess_upload(bucket, key)
    assert items(bucket) == {}
    assert list(bucket.list("quarantine/")) == []


def test_an_ending_that_is_too_long_for_a_file_is_a_report(bucket):
    report = upload(bucket, f"uploads/catalog/a.{'b' * 400}", b"x")
    assert report.problem["code"] == "unknown_format"


def test_half_of_a_catalogue_under_the_longest_key_is_held_back(bucket):
    """Nobody can confirm it: the key that would do so is too long."""
    key = f"uploads/catalog/{'a' * 1002}.jsonl"
    upload(bucket, key, catalogue({str(number): "a" for number in range(300)}))
    report = upload(bucket, key, catalogue({"1": "a"}))
    assert report.problem["code"] == "held_back"
