import gzip
import hashlib

import duckdb
import pytest

from object2vec.core.history import RECENT
from object2vec.users import history_build
from object2vec.users.histories import MergedHistories
from object2vec.users.history_build import build_histories
from object2vec.users.uploaded import HistoryPointer, UploadedHistories, erase_user, read_file
from tests.helpers.sample_events import pairs


@pytest.fixture
def curate(store, tmp_path):
    def write(name, rows):
        path = tmp_path / "rows.parquet"
        with duckdb.connect() as db:
            db.execute(
                "CREATE TABLE t (user_id VARCHAR, item_id VARCHAR, timestamp BIGINT, event_type VARCHAR,"
                " event_value DOUBLE)"
            )
            if rows:
                full = [[*row, None, None][:5] for row in rows]
                db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", full)
            db.table("t").write_parquet(str(path))
        store.upload(path, f"curated/interactions/{name}.parquet")

    return write


def test_nothing_uploaded_is_no_past(store):
    assert build_histories(store).version == ""
    assert UploadedHistories(store).recent("u") == []


def test_a_user_of_several_uploads_has_one_past(store, curate):
    curate("a", [("u", "late", 30), ("u", "early", 10), ("v", "x", 5)])
    curate("events/b", [("u", "between", 20)])
    build_histories(store)
    histories = UploadedHistories(store)
    assert pairs(histories.recent("u")) == [("early", 10), ("between", 20), ("late", 30)]
    assert pairs(histories.recent("u", limit=1)) == [("late", 30)]
    assert histories.recent("w") == []


def test_only_the_latest_are_kept(store, curate):
    curate("a", [("u", f"i{n}", n) for n in range(RECENT + 50)])
    build_histories(store)
    assert [seen.time for seen in UploadedHistories(store).recent("u")] == list(range(50, RECENT + 50))


@pytest.mark.parametrize("at_once", [7, 1_000])
def test_many_users_are_spread_over_files(store, curate, monkeypatch, at_once):
    monkeypatch.setattr(history_build, "USERS_PER_FILE", 2)
    monkeypatch.setattr(history_build, "_FILES_AT_ONCE", at_once)
    curate("a", [(f"user {n}", f"item {n}", n) for n in range(100)])
    version = build_histories(store).version
    assert 30 < len(list(store.list(f"histories/{version}/"))) <= 64
    histories = UploadedHistories(store)
    assert all(pairs(histories.recent(f"user {n}")) == [(f"item {n}", n)] for n in range(100))


@pytest.fixture
def written(store, monkeypatch):
    """The files that a build wrote since the last look."""
    keys = []
    put = store.put

    def counted(key, data):
        keys.append(key)
        return put(key, data)

    monkeypatch.setattr(store, "put", counted)

    def look():
        found = {key for key in keys if key.endswith(".json.gz")}
        keys.clear()
        return found

    return look


def test_only_the_files_of_those_who_did_something_are_written(store, curate, monkeypatch, written):
    monkeypatch.setattr(history_build, "USERS_PER_FILE", 2)
    curate("a", [(f"user {n}", f"item {n}", n) for n in range(100)])
    build_histories(store)
    layout = HistoryPointer.load(store).layout
    written()
    curate("b", [("user 7", "another", 200), ("user 8", "another", 200)])
    run = build_histories(store)
    assert written() == {layout.key_of("user 7"), layout.key_of("user 8")}
    assert (run.written, run.left) == (len({layout.key_of("user 7"), layout.key_of("user 8")}), 0)
    assert pairs(UploadedHistories(store).recent("user 7")) == [("item 7", 7), ("another", 200)]
    curate("c", [])
    assert build_histories(store).written == 0


def test_a_run_has_an_end_and_the_next_goes_on(store, curate, monkeypatch):
    monkeypatch.setattr(history_build, "USERS_PER_FILE", 2)
    curate("a", [(f"user {n}", f"item {n}", n) for n in range(100)])
    runs = []
    while not runs or runs[-1].left:
        runs.append(build_histories(store, most_files=20))
        assert runs[-1].written <= 20
    assert len(runs) == 4 if runs[0].left > 40 else len(runs) == 3
    histories = UploadedHistories(store)
    assert all(pairs(histories.recent(f"user {n}")) == [(f"item {n}", n)] for n in range(100))


def test_a_grown_shop_is_read_as_it_was_until_its_new_files_are_whole(store, curate, monkeypatch):
    monkeypatch.setattr(history_build, "USERS_PER_FILE", 2)
    curate("a", [("user 1", "item 1", 1)])
    before = build_histories(store).version
    curate("b", [(f"user {n}", f"item {n}", n) for n in range(2, 100)])
    assert build_histories(store, most_files=10).left
    assert HistoryPointer.load(store).layout.version == before
    assert pairs(UploadedHistories(store).recent("user 1")) == [("item 1", 1)]
    for user in ("user 1", "user 50"):
        erase_user(store, user)
    while build_histories(store, most_files=10).left:
        pass
    assert HistoryPointer.load(store).layout.version != before
    build_histories(store)
    assert not list(store.list(f"histories/{before}/"))
    assert pairs(UploadedHistories(store).recent("user 99")) == [("item 99", 99)]


def test_a_forgotten_user_is_in_no_file_of_a_layout_that_is_being_built(store, curate, monkeypatch):
    monkeypatch.setattr(history_build, "USERS_PER_FILE", 2)
    curate("a", [("user 1", "item 1", 1)])
    build_histories(store)
    curate("b", [(f"user {n}", f"item {n}", n) for n in range(2, 100)])
    assert build_histories(store, most_files=50).left
    assert erase_user(store, "user 1")
    files = [key for key in (entry.key for entry in store.list("histories/")) if key.endswith(".json.gz")]
    assert not any("user 1" in read_file(store, key) for key in files)


def test_what_was_done_is_kept_and_what_says_nothing_is_not(store, curate):
    curate("a", [("u", "a", 1, "purchase"), ("u", "b", 2, "Impression"), ("u", "c", 3, "rating", 4.0)])
    curate("b", [("v", "c", 3, "rating", 1.0), ("v", "c", 5, "rating", 5.0)])
    build_histories(store)
    uploaded = UploadedHistories(store)
    assert uploaded.recent("u") == [("a", 1, "purchase", None), ("c", 3, "rating", 4.0)]
    merged = MergedHistories(uploaded, meanings=uploaded.meanings)
    assert merged.recent("u") == [("a", 1, 1.0), ("c", 3, 0.75)]
    assert merged.recent("v") == [("c", 3, -1.0), ("c", 5, 1.0)]


def test_histories_of_before_there_were_types_are_read(store):
    """As they were written: pairs, in files named by hexadecimal digits."""
    name = hashlib.md5(b"u", usedforsecurity=False).hexdigest()[:2]
    store.put(f"histories/old/{name}.json.gz", gzip.compress(b'{"u": [["a", 1], ["b", 2]]}'))
    store.put("histories/current.json", b'{"version": "old", "digits": 2}')
    assert pairs(UploadedHistories(store).recent("u")) == [("a", 1), ("b", 2)]
    assert erase_user(store, "u") == [f"histories/old/{name}.json.gz"]


def test_a_new_upload_is_seen_after_a_while_and_old_files_go(store, curate):
    now = [0.0]
    histories = UploadedHistories(store, clock=lambda: now[0])
    curate("a", [("u", "a", 1)])
    first = build_histories(store)
    assert first.written == 1
    assert build_histories(store).written == 0
    assert pairs(histories.recent("u")) == [("a", 1)]
    for name, time in (("b", 2), ("c", 3)):
        curate(name, [("u", name, time)])
        build_histories(store)
    assert pairs(histories.recent("u")) == [("a", 1)]
    now[0] += 11
    assert pairs(histories.recent("u")) == [("a", 1), ("b", 2), ("c", 3)]


def test_the_last_upload_taken_back_leaves_no_past(store, curate):
    curate("a", [("u", "a", 1)])
    build_histories(store)
    store.delete("curated/interactions/a.parquet")
    build_histories(store)
    assert UploadedHistories(store).recent("u") == []
