"""What only one of the stores can get wrong."""

import fcntl
import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import boto3
import pytest
from botocore.stub import Stubber

from object2vec.storage import ConflictError, FolderStore, NotFoundError, open_store
from object2vec.storage.s3 import S3Store

OUTSIDE = ["../out", "a/../../out", "/etc/out", "..", ".", "", "folder/"]
INTERNAL = [".store", ".store/lock", "a/../.store/lock", "./.store/lock"]


@pytest.fixture
def folder_store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.mark.parametrize("key", OUTSIDE + INTERNAL)
def test_keys_that_leave_the_folder_are_refused(folder_store, tmp_path, key):
    source = tmp_path / "source"
    source.write_bytes(b"x")
    for operation in (
        lambda: folder_store.get(key),
        lambda: folder_store.put(key, b"x"),
        lambda: folder_store.create(key, b"x"),
        lambda: folder_store.delete(key),
        lambda: folder_store.download(key, tmp_path / "copy"),
        lambda: folder_store.upload(source, key),
    ):
        with pytest.raises(ValueError, match="not a key"):
            operation()
    assert {path.name for path in tmp_path.iterdir()} == {"store", "source"}


@pytest.mark.parametrize("prefix", ["../", "/etc/", "a/../../", ".store/", ".store"])
def test_nothing_outside_the_objects_is_ever_listed(folder_store, tmp_path, prefix):
    (tmp_path / "secret").write_bytes(b"")
    folder_store.put("a/b", b"")
    assert list(folder_store.list(prefix)) == []


def test_a_link_out_of_the_folder_is_not_followed(folder_store, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "store" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="not a key"):
        folder_store.put("link/file", b"x")


def test_no_half_written_file_is_ever_listed_or_read(folder_store):
    small, large = b"a" * 10, b"b" * 3_000_000
    folder_store.put("object", small)

    def write(number: int) -> None:
        folder_store.put("object", large if number % 2 else small)

    def read(_number: int) -> bool:
        return folder_store.get("object") in (small, large) and len(list(folder_store.list(""))) == 1

    with ThreadPoolExecutor(4) as pool:
        writing = pool.map(write, range(20))
        assert all(pool.map(read, range(40)))
        list(writing)


def test_a_listing_survives_deletions_meanwhile(folder_store):
    for number in range(5):
        folder_store.put(f"p/{number}", b"")
    listing = folder_store.list("p/")
    first = next(listing)
    folder_store.delete("p/3")
    assert [first.key, *(entry.key for entry in listing)] == ["p/0", "p/1", "p/2", "p/4"]


def test_processes_exclude_each_other_too(folder_store, tmp_path):
    """Two stores on one folder, as two processes have them."""
    other = FolderStore(tmp_path / "store")
    other.create("a", b"other")
    with pytest.raises(ConflictError):
        folder_store.create("a", b"mine")


@pytest.mark.parametrize(
    "url", ["", "folder", "/folder", "file://host/folder", "s3://", "s3://bucket/folder", "https://bucket"]
)
def test_any_other_url_is_refused_with_the_forms_there_are(url):
    with pytest.raises(ValueError, match="use s3://bucket or file:///absolute/folder"):
        open_store(url)


def test_a_folders_url_may_hold_any_character(tmp_path):
    folder = tmp_path / "with space & ü%20#?"
    FolderStore(folder).put("a", b"1")
    assert open_store(folder.as_uri()).get("a") == b"1"


def test_an_s3_conflict_that_asks_for_a_retry_gets_one(bucket):
    """409 says neither that the key exists nor that it does not: giving up would leave a gap in the log."""
    client = boto3.client("s3")
    with Stubber(client) as s3:
        s3.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        s3.add_response("put_object", {"ETag": '"e"'})
        assert S3Store(bucket, client).create("a", b"1") == "e"
        s3.assert_no_pending_responses()


def test_an_endless_s3_conflict_is_not_taken_for_an_existing_key(bucket):
    client = boto3.client("s3")
    with Stubber(client) as s3:
        for _ in range(5):
            s3.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        with pytest.raises(client.exceptions.ClientError, match="ConditionalRequestConflict"):
            S3Store(bucket, client).create("a", b"1")


def test_an_s3_error_that_is_no_conflict_stays_itself(bucket):
    client = boto3.client("s3")
    with Stubber(client) as s3:
        s3.add_client_error("get_object", "AccessDenied", http_status_code=403)
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            S3Store(bucket, client).get("a")


def test_long_s3_listings_go_on_over_pages(bucket):
    client = boto3.client("s3")
    with Stubber(client) as s3:
        written = datetime(2026, 11, 24, tzinfo=UTC)
        first_page = [{"Key": "p/1", "Size": 1, "ETag": '"x"', "LastModified": written}]
        pages = [first_page, [{"Key": "p/2", "Size": 2, "ETag": '"y"', "LastModified": written}]]
        first = {"IsTruncated": True, "NextContinuationToken": "t", "Contents": pages[0]}
        s3.add_response("list_objects_v2", first, {"Bucket": bucket, "Prefix": "p/", "StartAfter": "p/0"})
        s3.add_response(
            "list_objects_v2",
            {"IsTruncated": False, "Contents": pages[1]},
            {"Bucket": bucket, "Prefix": "p/", "StartAfter": "p/0", "ContinuationToken": "t"},
        )
        assert [entry.key for entry in S3Store(bucket, client).list("p/", after="p/0")] == ["p/1", "p/2"]


def test_a_folder_keeps_the_time_of_an_uploaded_file(folder_store, tmp_path):
    source = tmp_path / "source"
    for content in (b"1", b"2"):
        source.write_bytes(content)
        os.utime(source, (1_700_000_000, 1_700_000_000))
        folder_store.upload(source, "a")
        (entry,) = folder_store.list("")
        assert (entry.modified, entry.etag) == (1_700_000_000, hashlib.md5(content).hexdigest())


def test_a_file_whose_name_is_no_unicode_is_no_object(folder_store, tmp_path):
    folder_store.put("p/a", b"")
    (tmp_path / "store" / "p" / os.fsdecode(b"caf\xe9.csv")).write_bytes(b"")
    assert [entry.key for entry in folder_store.list("p/")] == ["p/a"]


def test_a_failed_write_leaves_no_scratch_file(folder_store, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"1")
    with pytest.raises(ConflictError):
        folder_store.upload_over(source, "a", "another")
    assert [path.name for path in (tmp_path / "store" / ".store").iterdir()] == ["lock"]


def test_half_written_files_of_killed_processes_go_after_a_day(folder_store, tmp_path, monkeypatch):
    left = tmp_path / "store" / ".store" / "tmpabc"
    left.write_bytes(b"half")
    folder_store.put("a", b"")
    FolderStore(tmp_path / "store")
    assert left.exists()
    monkeypatch.setattr("object2vec.storage.folder._LEFTOVER_S", -10)
    FolderStore(tmp_path / "store").put("b", b"")
    assert [path.name for path in left.parent.iterdir()] == ["lock"]


def test_what_is_deleted_while_it_is_fetched_is_not_found(folder_store, tmp_path, monkeypatch):
    """Its name was there when somebody looked for it."""
    folder_store.put("a", b"1")
    copy = shutil.copyfile

    def copy_too_late(source, target):
        folder_store.delete("a")
        return copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", copy_too_late)
    with pytest.raises(NotFoundError):
        folder_store.download("a", tmp_path / "copy")


def test_a_deletion_waits_for_a_conditional_write(folder_store, tmp_path, monkeypatch):
    etag = folder_store.put("a", b"1")
    asked, lock = Event(), fcntl.flock

    def told(*arguments):
        asked.set()
        lock(*arguments)

    with ThreadPoolExecutor(1) as pool:
        with folder_store._locked():  # as one that has just looked at the version
            monkeypatch.setattr(fcntl, "flock", told)
            deleted = pool.submit(FolderStore(tmp_path / "store").delete, "a")
            assert asked.wait(60), "it takes no lock"
            assert not deleted.done()
            assert folder_store.head("a").etag == etag
        deleted.result(timeout=60)
    assert folder_store.head("a") is None


def test_a_link_that_leads_out_of_the_folder_is_no_object(folder_store, tmp_path):
    (tmp_path / "outside").write_text("secret")
    folder_store.put("a/1", b"x")
    (tmp_path / "store/a/2").symlink_to(tmp_path / "outside")
    (tmp_path / "store/a/3").symlink_to(tmp_path / "store/a/1")
    assert [entry.key for entry in folder_store.list("a/")] == ["a/1", "a/3"]
