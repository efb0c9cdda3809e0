"""What every object store does."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from object2vec.storage import ConflictError, NotFoundError, ObjectStore, open_store


def keys(store: ObjectStore, prefix: str, after: str = "") -> list[str]:
    return [entry.key for entry in store.list(prefix, after)]


def test_put_then_get_is_the_same_bytes(store):
    data = bytes(range(256)) * 3
    etag = store.put("a/b.bin", data)
    assert store.get("a/b.bin") == data
    assert store.get_versioned("a/b.bin") == (data, etag)


def test_an_empty_object_is_an_object(store):
    store.put("empty", b"")
    assert store.get("empty") == b""
    assert [entry.size for entry in store.list("")] == [0]


def test_put_writes_over(store):
    first = store.put("a", b"1")
    assert store.put("a", b"2") != first
    assert store.get("a") == b"2"


@pytest.mark.parametrize("key", ["missing", "folder", "object/below"])
def test_what_is_not_there_is_not_found(store, key, tmp_path):
    store.put("folder/object", b"")
    store.put("object", b"")
    for read in (store.get, store.get_versioned, lambda key: store.download(key, tmp_path / "out")):
        with pytest.raises(NotFoundError):
            read(key)


def test_create_takes_a_new_key_only(store):
    etag = store.create("a", b"first")
    with pytest.raises(ConflictError):
        store.create("a", b"second")
    assert store.get_versioned("a") == (b"first", etag)


def test_a_deleted_key_can_be_created_again(store):
    store.create("a", b"first")
    store.delete("a")
    store.create("a", b"second")
    assert store.get("a") == b"second"


def test_replace_takes_the_version_that_was_read(store):
    old = store.put("a", b"1")
    new = store.replace("a", b"2", old)
    assert store.get_versioned("a") == (b"2", new)
    with pytest.raises(ConflictError):
        store.replace("a", b"3", old)
    assert store.get("a") == b"2"


def test_replace_of_a_deleted_object_is_a_conflict(store):
    etag = store.put("a", b"1")
    store.delete("a")
    with pytest.raises(ConflictError):
        store.replace("a", b"2", etag)
    assert keys(store, "") == []


def test_listing_is_in_utf8_order_whatever_the_order_of_writing(store):
    names = ["b", "a/z", "a/B", "a-b", "a/é", "a/😀", "a/\uff5e", "a/10", "a/9"]
    for name in names:
        store.put(f"p/{name}", name.encode())
    assert keys(store, "p/") == sorted((f"p/{name}" for name in names), key=str.encode)


def test_listing_tells_size_and_the_etag_that_replace_takes(store):
    etag = store.put("p/a", b"12345")
    (entry,) = store.list("p/")
    assert (entry.key, entry.size, entry.etag) == ("p/a", 5, etag)
    etag = store.replace("p/a", b"54321", entry.etag)
    assert [entry.etag for entry in store.list("p/")] == [etag]


def test_a_prefix_may_end_inside_a_name(store):
    for key in ("log/1.json", "log/10.json", "log/2.json", "logs"):
        store.put(key, b"")
    assert keys(store, "log/1") == ["log/1.json", "log/10.json"]
    assert keys(store, "log") == ["log/1.json", "log/10.json", "log/2.json", "logs"]
    assert keys(store, "nothing/here/") == []


@pytest.mark.parametrize(
    ("after", "expected"),
    [("", ["p/1", "p/2", "p/3"]), ("p/1", ["p/2", "p/3"]), ("p/11", ["p/2", "p/3"]), ("p/3", []), ("q", [])],
)
def test_after_leaves_out_the_key_itself_and_all_before(store, after, expected):
    for number in (3, 1, 2):
        store.put(f"p/{number}", b"")
    assert keys(store, "p/", after) == expected


@pytest.mark.parametrize("key", ["missing", "missing/deeper", "object/below", "folder"])
def test_deleting_what_is_not_there_is_fine(store, key):
    store.put("object", b"1")
    store.put("folder/object", b"2")
    store.delete(key)
    assert keys(store, "") == ["folder/object", "object"]


def test_files_go_up_and_come_down(store, tmp_path: Path):
    source, target = tmp_path / "source", tmp_path / "new" / "folder" / "target"
    source.write_bytes(b"x" * 1_000_000)
    store.upload(source, "a/file")
    store.download("a/file", target)
    assert target.read_bytes() == source.read_bytes()
    source.write_bytes(b"changed")
    store.upload(source, "a/file")
    assert store.get("a/file") == b"changed"


def test_a_stores_url_opens_an_equal_store(store):
    store.put("a b/ü", b"1")
    assert open_store(store.url).get("a b/ü") == b"1"
    assert open_store(store.url).url == store.url


def test_of_many_concurrent_creates_exactly_one_wins(store):
    def create(number: int) -> bool:
        try:
            store.create("claimed", str(number).encode())
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(create, range(24)))
    assert won.count(True) == 1
    assert store.get("claimed") == str(won.index(True)).encode()


def test_of_many_concurrent_replaces_of_one_version_exactly_one_wins(store):
    etag = store.put("pointer", b"old")

    def replace(number: int) -> bool:
        try:
            store.replace("pointer", str(number).encode(), etag)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(replace, range(24)))
    assert won.count(True) == 1
    assert store.get("pointer") == str(won.index(True)).encode()


def test_the_head_of_an_object_is_its_entry(store):
    assert store.head("p/a") is None
    store.put("p/a", b"12345")
    assert [store.head("p/a")] == list(store.list("p/"))
    assert store.head("p") is None


def test_an_entry_tells_when_the_object_was_written(store):
    before = int(time.time()) - 1  # clocks of file systems tick slowly
    store.put("p/a", b"1")
    (entry,) = store.list("p/")
    assert before <= entry.modified <= time.time() + 1


def test_only_the_version_that_was_seen_is_deleted(store):
    old = store.put("a", b"1")
    new = store.put("a", b"2")
    with pytest.raises(ConflictError):
        store.delete_version("a", old)
    assert store.get("a") == b"2"
    store.delete_version("a", new)
    with pytest.raises(ConflictError):
        store.delete_version("a", new)
    assert keys(store, "") == []


def test_a_file_goes_over_the_version_that_was_seen_only(store, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"1")
    first = store.upload_over(source, "a", "")
    with pytest.raises(ConflictError):
        store.upload_over(source, "a", "")
    source.write_bytes(b"2")
    second = store.upload_over(source, "a", first)
    assert store.get_versioned("a") == (b"2", second)
    source.write_bytes(b"3")
    with pytest.raises(ConflictError):
        store.upload_over(source, "a", first)
    store.delete("a")
    with pytest.raises(ConflictError):
        store.upload_over(source, "a", second)
    assert keys(store, "") == []


def test_a_copy_keeps_its_bytes(store):
    with pytest.raises(NotFoundError):
        store.copy("a", "b")
    store.put("a", b"one")
    store.copy("a", "b")
    store.put("a", b"two")
    assert store.get("b") == b"one"
