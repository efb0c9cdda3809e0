"""An upload that is read anew brings nobody back who was erased since; a later upload may."""

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from lambdas.preprocess.handler import work_off
from object2vec.core.erasure_ids import ERASURE_ID_SQL, erasure_id
from object2vec.core.keys import ERASURE_REPORTS, ERASURES
from object2vec.ingest.curated import curated_key
from object2vec.ingest.mapping import MAPPING_KEY
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.ingest.report import load_report, report_key
from object2vec.storage import FolderStore
from tests.ingest.test_preprocess_handler import CONTEXT, message

LOGS = {
    "uploads/interactions/i.csv": b"USER_ID,ITEM_ID,TIMESTAMP\n"
    b"ann,1,1700000000\nbob,1,1700000001\nann,2,1700000002\n",
    "uploads/queries/q.csv": b"QUERY,ITEM_ID,USER_ID\npizza,1,ann\npizza,1,bob\nbread,2,ann\ntea,3,\n",
}
each_log = pytest.mark.parametrize("key", LOGS)


def read(store, key):
    work_off(store, {"Records": [message(key)]}, CONTEXT)
    return load_report(store, key)


def people(store, key, tmp):
    entry = store.head(curated_key(key))
    if not entry.size:
        return []
    store.download(entry.key, path := tmp / "curated.parquet")
    with duckdb.connect() as db:
        return sorted(user or "" for (user,) in db.sql(f"SELECT user_id FROM '{path}'").fetchall())


def erase(store, user, asked_only=False):
    prefix = ERASURES if asked_only else ERASURE_REPORTS
    store.put(f"{prefix}{erasure_id(user)}.json", json.dumps({"user_id": user}).encode())


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


@pytest.mark.parametrize("user", ["ann", "Zoë ☕", "", "a" * 500])
def test_both_ways_of_making_an_id_agree(user):
    with duckdb.connect() as db:
        asked = db.execute(f"SELECT {ERASURE_ID_SQL} FROM (SELECT $1 AS user_id)", [user])
        assert asked.fetchone() == (erasure_id(user),)
    assert erasure_id(user) == hashlib.sha256(user.encode()).hexdigest()[:32]  # of reports that lie in stores


@each_log
@pytest.mark.parametrize("asked_only", [True, False])
@pytest.mark.parametrize("why", ["damaged report", "deleted report", "new mapping"])
def test_an_upload_that_is_read_anew_brings_nobody_back(store, tmp_path, key, asked_only, why):
    store.put(key, LOGS[key])
    assert read(store, key).left_out == {}
    assert people(store, key, tmp_path).count("ann") == 2
    erase(store, "ann", asked_only)
    if why == "new mapping":
        store.put(MAPPING_KEY, json.dumps({f"{Path(key).parent.name}/*": {"separator": ","}}).encode())
    elif why == "damaged report":
        store.put(report_key(key), b'{"accepted": 3')
    else:
        store.delete(report_key(key))
    report = read(store, key)
    assert report.problem is None
    assert "ann" not in people(store, key, tmp_path)
    assert "bob" in people(store, key, tmp_path)
    assert report.left_out["erased"].count == 2
    assert report.rows_read == report.accepted + 2
    assert b"ann" not in store.get(report_key(key))


@each_log
def test_an_event_that_is_delivered_late_brings_nobody_back(store, tmp_path, key):
    store.put(key, LOGS[key])
    erase(store, "ann")
    assert read(store, key).left_out["erased"].count == 2  # the first that the function hears of the file
    assert "ann" not in people(store, key, tmp_path)


@each_log
def test_a_person_comes_back_with_a_later_upload(store, tmp_path, key):
    erase(store, "ann")
    store.put(key, LOGS[key])
    assert read(store, key).left_out == {}
    assert people(store, key, tmp_path).count("ann") == 2
    store.put(report_key(key), b"{")
    assert read(store, key).left_out == {}
    assert people(store, key, tmp_path).count("ann") == 2


def test_where_everybody_was_erased_nothing_is_left(store, tmp_path):
    key = "uploads/interactions/i.csv"
    store.put(key, b"USER_ID,ITEM_ID,TIMESTAMP\n" + b"ann,1,1700000000\n" * 300)
    read(store, key)
    erase(store, "ann")
    store.put(report_key(key), b"{")
    report = read(store, key)
    assert (report.accepted, report.left, report.problem) == (0, 300, None)
    assert people(store, key, tmp_path) == []


def test_erased_rows_do_not_hold_a_file_back(store):
    """What is left is less than half, but nothing is missing in the file."""
    key = "uploads/interactions/i.csv"
    rows = b"ann,1,1700000000\n" * 200 + b"bob,1,1700000000\n" * 50
    store.put(key, b"USER_ID,ITEM_ID,TIMESTAMP\n" + rows)
    read(store, key)
    erase(store, "ann")
    store.put(MAPPING_KEY, json.dumps({"interactions/*": {"separator": ","}}).encode())
    report = read(store, key)
    assert (report.accepted, report.holds, report.problem) == (50, 50, None)


@each_log
def test_who_is_erased_while_a_file_is_read_stays_out(store, tmp_path, key):
    """The erasure looks for rows before the file's first are there."""
    store.put(key, LOGS[key])
    answers = iter([[], [erasure_id("ann")], [erasure_id("ann")], [erasure_id("ann")]])
    report = preprocess_upload(store, key, erased_since=lambda _: next(answers))
    assert report.left_out["erased"].count == 2
    assert "ann" not in people(store, key, tmp_path)


def test_a_person_who_is_not_in_the_file_makes_nobody_read_it_again(store):
    key = "uploads/interactions/i.csv"
    store.put(key, LOGS[key])
    others = iter(range(10))
    report = preprocess_upload(store, key, erased_since=lambda _: [erasure_id(f"u{next(others)}")])
    assert (report.accepted, next(others)) == (3, 2)
