from functools import partial
from pathlib import Path
from threading import Thread

import duckdb
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from object2vec import release
from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import BadRequestError
from object2vec.core.event import parse_event
from object2vec.release import Manifest
from object2vec.release.manifest import trained_model
from object2vec.search import engines
from object2vec.search.known_items import KnownItems
from object2vec.storage import item_log
from object2vec.storage.item_log import Removed
from object2vec.users.curation import curate, curated_file
from object2vec.users.log import EventLog
from object2vec.users.service import EventService
from object2vec.users.sqlite import SqliteSessionStore
from tests.helpers.clock import Clock
from tests.helpers.sample_events import pairs

NOW = 1_795_000_000  # 2026-11-18
DAY = "2026-11-18"


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture
def sessions(tmp_path):
    return SqliteSessionStore(tmp_path / "sessions.db")


@pytest.fixture
def service(store, sessions, clock):
    return recorder(store, sessions, clock)


def recorder(store, sessions, clock, unknown_items=None):
    return EventService(
        store,
        sessions,
        unknown_items=unknown_items or KnownItems(store).unknown,
        trained_model=partial(trained_model, store),
        clock=clock,
    )


def record(event_id="1", item="i", **more):
    return {"event_id": event_id, "user_id": "u", "item_id": item, **more}


def curated(store):
    folder = Path(store.url.removeprefix("file://"))
    paths = [str(folder / entry.key) for entry in store.list("curated/interactions/events/")]
    return duckdb.read_parquet(paths).order("ALL").fetchall() if paths else []


def test_an_event_is_logged_remembered_and_curated(service, store, sessions):
    given_time = record("1", "a", timestamp="2026-11-18T10:00:00Z", event_type="buy", value=2)
    assert service.record([given_time, record("2", "b")]).accepted == 2
    assert pairs(sessions.recent("u")) == [("b", NOW), ("a", 1_794_996_000)][::-1]
    assert curate(store) == 1
    assert curated(store) == [("1", "u", "a", 1_794_996_000, "buy", 2.0), ("2", "u", "b", NOW, None, None)]
    assert list(EventLog(store).batches()) == []


def test_the_same_call_again_changes_nothing_even_without_timestamps(service, store, sessions, clock):
    service.record([record()])
    clock.now += 60
    assert service.record([record()]).accepted == 1
    assert pairs(sessions.recent("u")) == [("i", NOW)]
    curate(store)
    service.record([record()])
    curate(store)
    assert curated(store) == [("1", "u", "i", NOW, None, None)]


def test_a_call_that_was_killed_between_log_and_store_is_completed_by_the_next(store, clock, tmp_path):
    class Failing(SqliteSessionStore):
        def add(self, events):
            raise ConnectionError("the session store is down")

    with pytest.raises(ConnectionError):
        recorder(store, Failing(tmp_path / "s.db"), clock).record([record()])
    clock.now += 60
    sessions = SqliteSessionStore(tmp_path / "s.db")
    recorder(store, sessions, clock).record([record()])
    assert pairs(sessions.recent("u")) == [("i", NOW)]
    curate(store)
    assert len(curated(store)) == 1


def test_what_cannot_be_logged_is_not_remembered(sessions, store, clock, monkeypatch):
    monkeypatch.setattr(
        type(store), "create", lambda *_: (_ for _ in ()).throw(ConnectionError("S3 is down"))
    )
    with pytest.raises(ConnectionError):
        recorder(store, sessions, clock).record([record()])
    assert sessions.recent("u") == []


def test_two_calls_at_once_with_the_same_event_keep_one(service, store, sessions):
    calls = [
        [record("1", "a", timestamp=NOW - 100), record("2")],
        [record("1", "a", timestamp=NOW - 100), record("3")],
    ]
    threads = [Thread(target=service.record, args=[call]) for call in calls * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    curate(store)
    assert len(sessions.recent("u")) == len(curated(store)) == 3


def test_events_may_come_in_any_order(service, sessions):
    service.record([record("late", "z", timestamp=NOW)])
    service.record([record("early", "a", timestamp=NOW - 1_000)])
    assert [item for item, _ in pairs(sessions.recent("u"))] == ["a", "z"]


BAD = {
    "future": ({"timestamp": NOW + 301}, "future"),
    "future milliseconds": ({"timestamp": (NOW + 301) * 1_000}, "future"),
    "zero": ({"timestamp": 0}, "time is zero"),
    "far back": ({"timestamp": 1_000_000}, "ten years"),
    "2090": ({"timestamp": "2090-01-01"}, "future"),
    "negative": ({"timestamp": -1}, "1970"),
    "words": ({"timestamp": "yesterday"}, "ISO 8601"),
    "true": ({"timestamp": True}, "ISO 8601"),
    "list": ({"timestamp": [5]}, "ISO 8601"),
    "nan": ({"value": float("nan")}, "finite"),
    "type": ({"event_type": "a\nb"}, "event_type"),
    "user": ({"user_id": " u"}, "user_id"),
    "no item": ({"item_id": ""}, "item_id"),
    "event": ({"event_id": "x" * 257}, "event_id"),
}


@pytest.mark.parametrize(("wrong", "hint"), BAD.values(), ids=BAD)
def test_one_bad_event_is_named_and_none_of_its_call_is_kept(service, store, sessions, wrong, hint):
    with pytest.raises(BadRequestError, match=f"events.1: .*{hint}"):
        service.record([record(), record("2") | wrong])
    assert sessions.recent("u") == []
    assert list(EventLog(store).batches()) == []


@given(st.one_of(st.integers(), st.floats(), st.text(), st.none(), st.booleans()))
def test_any_timestamp_gives_a_plausible_time_or_a_refusal(timestamp):
    try:
        event = parse_event(record(timestamp=timestamp), NOW)
    except BadRequestError:
        return
    assert NOW - 3_653 * 86_400 <= event.timestamp <= NOW + 300


def test_milliseconds_are_read_as_in_uploads(service, sessions):
    service.record([record(timestamp=(NOW - 5) * 1_000)])
    assert pairs(sessions.recent("u")) == [("i", NOW - 5)]


def test_an_impression_is_logged_and_pushes_nothing_out_of_the_history(service, store, sessions):
    service.record([record("1", "a", event_type="Impression"), record("2", "b", event_type="view")])
    assert pairs(sessions.recent("u")) == [("b", NOW)]
    curate(store)
    assert len(curated(store)) == 2


def test_unknown_items_are_kept_and_named(service, store):
    item_log.append(store, [CatalogItem("a", "A"), CatalogItem("b", "B"), Removed("b")])
    calls = [record("1", "a"), record("2", "b"), record("3", "c"), record("4", "c")]
    answer = service.record(calls)
    assert (answer.accepted, answer.unknown_items) == (4, ["b", "c"])


def test_a_catalogue_that_cannot_be_read_costs_only_the_naming(store, sessions, clock):
    def broken(item_ids):
        raise ConnectionError("S3 is down")

    service = recorder(store, sessions, clock, unknown_items=broken)
    answer = service.record([record()])
    assert (answer.accepted, answer.unknown_items) == (1, None)


def test_new_items_are_known_some_seconds_later(store, clock):
    items = KnownItems(store, clock=clock)
    assert items.unknown(["a"]) == ["a"]
    item_log.append(store, [CatalogItem("a", "A")])
    clock.now += 11
    assert items.unknown(["a"]) == []


def test_a_catalogue_whose_base_has_another_format_is_known_from_the_log(store, clock, monkeypatch):
    item_log.append(store, [CatalogItem("a", "A"), CatalogItem("b", "B")])
    item_log.append(store, [Removed("b")])
    manifest = Manifest(
        version="v1", model_version="m", kind="seed", encoder="e/", index="releases/v1/index/", watermark=1
    )
    release.save(store, manifest)
    release.go_live(store, "v1", instead_of=None)
    store.put(f"{manifest.index}{engines.HEADER}", b'{"format": 0}')
    store.put(f"{manifest.index}ids.json", b"no list of ids")
    assert KnownItems(store, clock=clock).unknown(["a", "b"]) == ["b"]


class TestCompaction:
    def test_days_are_files_and_a_second_run_adds_to_them(self, service, store, clock):
        service.record([record("1", timestamp=NOW - 7)])
        clock.now += 86_400
        service.record([record("2", timestamp=NOW - 6)])
        assert curate(store) == 2
        service.record([record("3", timestamp=NOW - 5)])
        assert curate(store) == 1
        assert [row[0] for row in curated(store)] == ["1", "2", "3"]
        assert len(list(store.list("curated/"))) == 2
        assert curate(store) == 0

    @pytest.mark.parametrize("days", [1, 3, -1])
    def test_an_event_sent_again_on_another_day_is_curated_once(self, service, store, clock, days):
        service.record([record("1"), record("2")])
        curate(store)
        clock.now += days * 86_400
        service.record([record("1"), record("3")])
        curate(store)
        assert sorted(row[0] for row in curated(store)) == ["1", "2", "3"]
        counted = [orjson.loads(store.get(entry.key))["accepted"] for entry in store.list("reports/events/")]
        assert sum(counted) == 3

    @pytest.mark.parametrize("name", [".DS_Store", f"{DAY}/.DS_Store", "notes/a.jsonl"])
    def test_a_foreign_file_in_the_log_is_no_batch(self, service, store, name):
        service.record([record("1")])
        store.put(f"events/{name}", b"Bud1")
        assert curate(store) == 1
        assert [row[0] for row in curated(store)] == ["1"]

    def test_a_run_that_was_killed_before_it_cleaned_up_doubles_nothing(self, service, store, monkeypatch):
        service.record([record("1"), record("2")])
        delete = type(store).delete
        monkeypatch.setattr(type(store), "delete", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            curate(store)
        monkeypatch.setattr(type(store), "delete", delete)
        assert curate(store) == 1
        assert len(curated(store)) == 2

    def test_a_file_that_others_write_meanwhile_is_read_again(self, service, store, monkeypatch):
        service.record([record("1")])
        curate(store)
        service.record([record("2")])
        replace, raced = type(store).replace, []

        def racing(self, key, data, etag):
            if not raced:
                raced.append(key)
                service.record([record("3")])
                curate(store)
            return replace(self, key, data, etag)

        monkeypatch.setattr(type(store), "replace", racing)
        curate(store)
        assert sorted(row[0] for row in curated(store)) == ["1", "2", "3"]
        assert curated_file(DAY) == "curated/interactions/events/2026-11-18.parquet"
