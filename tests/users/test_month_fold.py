"""Days of a month that is over become one file: nothing is lost or doubled meanwhile, and nobody is back."""

import contextlib
from datetime import UTC, datetime

import duckdb
import orjson
import pytest

from object2vec.core.errors import InputError
from object2vec.core.keys import FOLDED
from object2vec.dataset.curated_log import open_log
from object2vec.release.snapshot import take_snapshot
from object2vec.storage import NotFoundError
from object2vec.users import curation
from object2vec.users.curation import curate, curated_file
from object2vec.users.erasure_worker import carry_out
from object2vec.users.month_fold import DAYS_STAY_S, fold_months
from object2vec.users.service import EventService
from object2vec.users.sqlite import SqliteSessionStore
from tests.helpers.killing import KilledError
from tests.helpers.observed_store import WRITES, ObservedStore, killed_at

DAY_S = 86_400
DAYS = ("2026-10-01", "2026-10-02", "2026-10-31")
LATER = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
MONTH = curated_file("2026-10")


@pytest.fixture
def sessions(tmp_path):
    return SqliteSessionStore(tmp_path / "sessions.db")


def record(store, sessions, day, *event_ids):
    noon = datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()
    service = EventService(
        store, sessions, unknown_items=lambda _: (), trained_model=lambda: None, clock=lambda: noon
    )
    events = [
        {"user_id": user, "event_id": f"{user}{one}", "item_id": one} for user in "ab" for one in event_ids
    ]
    service.record(events)
    curate(store)
    return service


@pytest.fixture
def shop(store, sessions):
    for number, day in enumerate(DAYS):
        record(store, sessions, day, f"e{number}")
    record(store, sessions, "2026-11-01", "november")
    return store


def files(store):
    return [entry.key for entry in store.list("curated/interactions/events/")]


def october(store):
    return [key for key in files(store) if "2026-10" in key]


def events(store, tmp_path):
    """Events as readers of the whole log count them: each once."""
    paths = []
    for number, key in enumerate(files(store)):
        paths.append(tmp_path / f"read{number}.parquet")
        store.download(key, paths[-1])
    with duckdb.connect() as db:
        open_log(db, paths, every_id=True)
        return sorted(db.execute("SELECT user_id, item_id FROM event").fetchall())


def rows_of(store, key, user):
    folder = store.url.removeprefix("file://")
    (rows,) = duckdb.execute(
        f"SELECT count(*) FROM read_parquet('{folder}/{key}') WHERE user_id = $1", [user]
    ).fetchall()[0]
    return rows


def test_a_month_that_is_over_becomes_one_file_and_its_days_go_later(shop, tmp_path):
    before = events(shop, tmp_path)
    assert fold_months(shop, LATER) == ["2026-10"]
    assert len(files(shop)) == len(DAYS) + 2
    assert events(shop, tmp_path) == before
    assert fold_months(shop, LATER + DAYS_STAY_S) == []
    assert len(files(shop)) == len(DAYS) + 2
    assert fold_months(shop, LATER + DAYS_STAY_S + 1) == []
    assert files(shop) == [MONTH, curated_file("2026-11-01")]
    assert list(shop.list(FOLDED)) == []
    assert events(shop, tmp_path) == before


def test_a_month_waits_for_events_that_come_late(shop):
    assert fold_months(shop, LATER - 7 * DAY_S) == []
    assert MONTH not in files(shop)


@pytest.mark.parametrize("wait", [0, DAYS_STAY_S + 1])
def test_events_that_come_after_that_are_folded_too(shop, sessions, tmp_path, wait):
    fold_months(shop, LATER)
    fold_months(shop, LATER + wait)
    record(shop, sessions, "2026-10-02", "late")
    before = events(shop, tmp_path)
    assert ("a", "late") in before
    assert fold_months(shop, LATER + wait + DAY_S) == ["2026-10"]
    fold_months(shop, LATER + 2 * wait + 2 * DAY_S)
    fold_months(shop, LATER + 3 * (DAYS_STAY_S + DAY_S))
    assert october(shop) == [MONTH]
    assert events(shop, tmp_path) == before


def test_a_run_that_is_killed_anywhere_is_completed_by_the_next(shop, tmp_path):
    before = events(shop, tmp_path)
    write = 0
    while True:
        killed = killed_at(shop, write, after=write % 2 == 0)
        try:
            fold_months(killed, LATER + write * DAYS_STAY_S)
        except KilledError:
            write += 1
            assert events(shop, tmp_path) == before
            continue
        break
    for day in range(4):
        curate(shop)
        fold_months(shop, LATER + (write + day) * 2 * DAYS_STAY_S)
    assert write
    assert october(shop) == [MONTH]
    assert events(shop, tmp_path) == before


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("killed", [False, True])
def test_who_is_erased_meanwhile_is_not_brought_back(shop, sessions, at, killed, monkeypatch):
    """The whole erasure happens before one of the writes of the folding, which may end there."""
    service = EventService(shop, sessions, unknown_items=lambda _: (), trained_model=lambda: None)
    made = []

    def around(name, request):
        made.extend([name] if name in WRITES else [])
        if name in WRITES and len(made) == at + 1:
            service.erase("a")
            carry_out(shop, sessions, next(iter(shop.list("erasures/"))).key, 1, trained_model=None)
            if killed:
                raise KilledError
        return request()

    with contextlib.suppress(KilledError):
        fold_months(ObservedStore(shop, around), LATER)
    assert len(made) > at
    monkeypatch.setattr(curation.time, "time", lambda: LATER + 100 * DAYS_STAY_S)
    curate(shop)
    fold_months(shop, LATER)
    assert [key for key in files(shop) if rows_of(shop, key, "a")] == []
    assert rows_of(shop, MONTH, "b") == len(DAYS)


def test_a_day_that_is_deleted_while_somebody_is_erased_ends_no_erasure(shop, sessions, monkeypatch):
    fold_months(shop, LATER)
    service = EventService(shop, sessions, unknown_items=lambda _: (), trained_model=lambda: None)
    service.erase("a")
    replace, day = type(shop).replace, curated_file(DAYS[0])

    def racing(self, key, data, etag):
        if key == day:
            self.delete(day)
        return replace(self, key, data, etag)

    monkeypatch.setattr(type(shop), "replace", racing)
    (request,) = shop.list("erasures/")
    erasure = carry_out(shop, sessions, request.key, 1, trained_model=None)
    assert erasure.curated_rows[MONTH] == len(DAYS)
    assert day not in erasure.curated_rows
    assert [key for key in files(shop) if rows_of(shop, key, "a")] == []


def test_a_damaged_day_is_named_and_keeps_the_month_as_it_is(shop):
    shop.put(curated_file(DAYS[1]), b"PAR1 cut off")
    with pytest.raises(InputError, match=curated_file(DAYS[1])):
        fold_months(shop, LATER)
    with pytest.raises(NotFoundError):
        shop.get(MONTH)


def listed(store, run):
    """The days of October that a training is told to read."""
    take_snapshot(store, run)
    _, *names = orjson.loads(store.get(f"executions/{run}/interactions.manifest"))
    return [name for name in names if "2026-10" in name]


def test_a_training_reads_no_day_that_may_be_deleted_under_it(shop, sessions):
    assert len(listed(shop, "before")) == len(DAYS)
    fold_months(shop, LATER)
    assert listed(shop, "after") == ["events/2026-10.parquet"]
    record(shop, sessions, "2026-10-02", "late")
    assert listed(shop, "late") == ["events/2026-10-02.parquet", "events/2026-10.parquet"]
    fold_months(shop, LATER + DAYS_STAY_S)
    assert listed(shop, "again") == ["events/2026-10.parquet"]


def test_a_day_that_is_folded_again_stays_as_long_as_one_that_was_folded_first(shop, sessions):
    fold_months(shop, LATER)
    record(shop, sessions, "2026-10-02", "late")
    assert fold_months(shop, LATER + DAYS_STAY_S) == ["2026-10"]
    fold_months(shop, LATER + 2 * DAYS_STAY_S)
    assert len(october(shop)) == len(DAYS) + 1
    fold_months(shop, LATER + 2 * DAYS_STAY_S + 1)
    assert october(shop) == [MONTH]


@pytest.mark.parametrize("name", ["2026-13-01", "2026-10-32", "0000-00-00"])
def test_a_file_that_is_called_like_no_day_is_left_alone(shop, name):
    shop.put(curated_file(name), b"")
    assert fold_months(shop, LATER) == ["2026-10"]
    fold_months(shop, LATER + DAYS_STAY_S + 1)
    assert set(october(shop)) == {MONTH, *([curated_file(name)] if "2026-10" in name else [])}


def test_a_day_that_is_gone_at_the_second_look_is_not_counted(shop, sessions, monkeypatch):
    """It was replaced when its rows had been counted, and deleted before they were looked for again."""
    fold_months(shop, LATER)
    service = EventService(shop, sessions, unknown_items=lambda _: (), trained_model=lambda: None)
    service.erase("a")
    replace, head, day = type(shop).replace, type(shop).head, curated_file(DAYS[0])

    def racing(self, key, data, etag):
        if key == day:
            self.put(day, self.get(day) + b" ")
        return replace(self, key, data, etag)

    def before_it_goes(self, key):
        entry = head(self, key)
        if key == day:
            self.delete(day)
        return entry

    monkeypatch.setattr(type(shop), "replace", racing)
    monkeypatch.setattr(type(shop), "head", before_it_goes)
    (request,) = shop.list("erasures/")
    erasure = carry_out(shop, sessions, request.key, 1, trained_model=None)
    assert day not in erasure.curated_rows
    assert erasure.curated_rows[MONTH] == len(DAYS)
