from functools import partial
from pathlib import Path

import duckdb
import orjson
import pytest

from object2vec.ingest.preprocess import preprocess_upload
from object2vec.release.manifest import trained_model
from object2vec.search.known_items import KnownItems
from object2vec.users import removal
from object2vec.users.compaction import compact
from object2vec.users.erasure import load_erasure, pending
from object2vec.users.history_build import build_histories
from object2vec.users.removal import carry_out
from object2vec.users.service import EventService
from object2vec.users.sqlite import SqliteHistory
from object2vec.users.uploaded import UploadedHistories

NOW = 1_795_000_000


@pytest.fixture
def sessions(tmp_path):
    return SqliteHistory(tmp_path / "sessions.db")


@pytest.fixture
def service(store, sessions):
    return EventService(
        store,
        sessions,
        unknown_items=KnownItems(store).unknown,
        trained_model=partial(trained_model, store),
        clock=lambda: NOW,
    )


@pytest.fixture
def shop(store, service):
    """Ann and Bob are everywhere."""
    uploads = {
        "interactions/both.csv": b"USER_ID,ITEM_ID,TIMESTAMP\nann,a,5\nbob,b,6\nann,c,7\nann,,8\n",
        "interactions/bob.csv": b"USER_ID,ITEM_ID,TIMESTAMP\nbob,b,6\n",
        "interactions/alone.csv": b"USER_ID,ITEM_ID,TIMESTAMP\nann,a,5\n",
        "queries/log.csv": b"QUERY,ITEM_ID,USER_ID\npizza,a,ann\ncola,b,\n",
    }
    for name, data in uploads.items():
        store.put(f"uploads/{name}", data)
        preprocess_upload(store, f"uploads/{name}")
    service.record([sent("ann", "1"), sent("bob", "1")])
    compact(store)
    service.record([sent("ann", "2"), sent("bob", "2")])
    build_histories(store)
    return store


def sent(user, event_id):
    return {"user_id": user, "event_id": event_id, "item_id": "x"}


def rows_of(store, user):
    root = Path(store.url.removeprefix("file://"))
    files = [str(root / entry.key) for entry in store.list("curated/") if entry.key.endswith(".parquet")]
    table = duckdb.read_parquet(files, union_by_name=True)
    return len(table.filter(f"user_id = '{user}'"))


def everything(store):
    return {entry.key: store.get(entry.key) for entry in store.list("")}


def test_everything_of_the_person_and_of_nobody_else_goes(shop, service, sessions):
    bob, others = rows_of(shop, "bob"), len(sessions.recent("bob"))
    answers = UploadedHistories(shop, clock=iter([0.0, 0.0, 11.0, 11.0]).__next__)
    assert answers.recent("ann")
    service.forget("ann")
    assert answers.recent("ann") == sessions.recent("ann") == []
    (request,) = pending(shop)
    erasure = carry_out(shop, sessions, request, NOW + 5, trained_model=trained_model(shop))
    assert rows_of(shop, "ann") == 0
    assert (rows_of(shop, "bob"), len(sessions.recent("bob"))) == (bob, others)
    assert UploadedHistories(shop).recent("ann") == []
    assert UploadedHistories(shop).recent("bob")
    assert (erasure.session_events, erasure.logged_events) == (2, 1)
    assert sorted(erasure.curated_rows.values()) == [1, 1, 1, 2]
    assert pending(shop) == []
    assert load_erasure(shop, "ann") == erasure
    mine = ("uploads/", "quarantine/", "reports/uploads/")
    assert [
        key for key, data in everything(shop).items() if b"ann" in data and not key.startswith(mine)
    ] == []


def test_the_report_names_what_is_left_to_the_owner_and_not_the_person(shop, service, sessions):
    service.forget("ann")
    erasure = carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=trained_model(shop))
    assert erasure.uploads == [
        "uploads/interactions/alone.csv", "uploads/interactions/both.csv", "uploads/queries/log.csv",
    ]  # fmt: skip
    assert erasure.verbatim == [
        "quarantine/uploads/interactions/both.csv", "reports/uploads/interactions/both.csv.json",
    ]  # fmt: skip
    assert '"ann"' not in orjson.dumps(orjson.loads(shop.get(erasure.report))).decode()


def test_a_worker_that_was_killed_is_completed_by_the_next(shop, service, sessions, monkeypatch):
    service.forget("ann")
    (request,) = pending(shop)
    erase, seen = removal._erase_rows, []

    def dying(*arguments):
        seen.append(arguments)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return erase(*arguments)

    monkeypatch.setattr(removal, "_erase_rows", dying)
    with pytest.raises(KeyboardInterrupt):
        carry_out(shop, sessions, request, NOW, trained_model=trained_model(shop))
    assert pending(shop) == [request]
    erasure = carry_out(shop, sessions, request, NOW, trained_model=trained_model(shop))
    assert rows_of(shop, "ann") == 0
    assert sum(erasure.curated_rows.values()) == 5
    assert carry_out(shop, sessions, request, NOW, trained_model=trained_model(shop)) is None


def test_a_file_that_is_uploaded_anew_meanwhile_is_looked_at_again(shop, service, sessions, monkeypatch):
    service.forget("ann")
    download, raced = type(shop).download, []

    def racing(self, key, path):
        download(self, key, path)
        if key.startswith("curated/interactions/both") and not raced:
            raced.append(key)
            self.put("uploads/interactions/both.csv", b"USER_ID,ITEM_ID,TIMESTAMP\nann,new,5\nbob,b,6\n")
            preprocess_upload(self, "uploads/interactions/both.csv")

    monkeypatch.setattr(type(shop), "download", racing)
    carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=trained_model(shop))
    assert raced
    assert rows_of(shop, "ann") == 0


def test_somebody_unknown_is_a_report_of_nothing(shop, service, sessions):
    before = rows_of(shop, "bob")
    erasure, model = service.forget("nobody")
    assert (erasure.session_events, model) == (0, None)
    done = carry_out(shop, sessions, pending(shop)[0], NOW, trained_model=trained_model(shop))
    assert (done.curated_rows, done.logged_events, done.model, done.finished_at) == ({}, 0, None, NOW)
    assert rows_of(shop, "bob") == before
