"""The functions for events and erasures end before or after each of their writes, or stand still there while
the other one works: what follows is as if nothing had happened, and nobody who was erased is back."""

import contextlib
import json
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import duckdb
import pytest

from lambdas.settings import UserDataSettings
from lambdas.user_data import handler as user_data
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore
from object2vec.users.erasure import load_erasure, pending
from object2vec.users.service import EventService
from object2vec.users.sqlite import SqliteSessionStore
from object2vec.users.uploaded import UploadedHistories
from tests.helpers.killing import KilledError
from tests.helpers.observed_store import WRITES, ObservedStore, killed_at
from tests.helpers.uploads import EVENTS, put_at
from tools.erasure_audit import places

PEOPLE = ("ann", "bob", "cat")
UPLOAD = "uploads/interactions/old.csv"
NOW = 1_795_000_000
SCHEDULE = {"Records": [{"body": json.dumps({"detail-type": "Scheduled Event"})}]}
MOST = 60
"""Writes of one run; fewer are made, which the tests make sure of."""


def said(store: FolderStore) -> tuple[object, ...] | None:
    """Files that the report on ann counts."""
    report = load_erasure(store, "ann")
    return report and (report.logged_events, report.curated_rows, report.leaving)


class Shop:
    """A copy of the same bucket and session store for each trial."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, FolderStore(folder / "store")
        self.sessions = SqliteSessionStore(folder / "sessions.db")
        self.settings = UserDataSettings(
            store_url=self.store.url, history_url=f"sqlite://{folder / 'sessions.db'}"
        )

    def record(self, event_id: str, store=None) -> None:
        """One event of each person."""
        service = EventService(
            store or self.store,
            self.sessions,
            unknown_items=lambda _: (),
            trained_model=lambda: None,
            clock=lambda: float(NOW),
        )
        service.record([{"user_id": one, "event_id": event_id, "item_id": event_id} for one in PEOPLE])

    def erase(self, user: str, store=None) -> None:
        """The work that `DELETE /users/{id}` does at once."""
        EventService(
            store or self.store, self.sessions, unknown_items=lambda _: (), trained_model=lambda: None
        ).erase(user)

    def curated(self) -> list[tuple[object, ...]]:
        """Rows of uploads and events; ids are a column of events alone."""
        files = [str(self.folder / "store" / entry.key) for entry in self.store.list("curated/interactions/")]
        rows = duckdb.read_parquet(files, union_by_name=True)
        return rows.project("user_id, item_id, timestamp").order("ALL").fetchall()

    def outcome(self) -> dict[str, object]:
        """All that answers, trainings and people see."""
        histories = UploadedHistories(self.store)
        return {
            "curated": self.curated(),
            "histories": {one: [event.item_id for event in histories.recent(one)] for one in PEOPLE},
            "sessions": {one: sorted(event.item_id for event in self.sessions.recent(one)) for one in PEOPLE},
            "asked": pending(self.store),
            "batches": [entry.key for entry in self.store.list("events/")],
        }


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> Path:
    """An upload, a curated day, a batch that is not curated yet, and ann, who asked to be forgotten."""
    shop = Shop(tmp_path_factory.mktemp("asked"))
    rows = "".join(f"{one},old,{n}\n" for n, one in enumerate(PEOPLE, 1_790_000_000))
    put_at(shop.store, UPLOAD, EVENTS + rows.encode(), 10)
    preprocess_upload(shop.store, UPLOAD)
    shop.record("first")
    user_data.work_off(shop.settings, SCHEDULE)
    shop.record("second")
    shop.erase("ann")
    shop.record("later")
    return shop.folder


@pytest.fixture
def copies(asked, tmp_path) -> Callable[[], Shop]:
    numbers = count()

    def copy() -> Shop:
        folder = tmp_path / f"copy{next(numbers)}"
        shutil.copytree(asked, folder, copy_function=shutil.copy2)
        return Shop(folder)

    return copy


def scheduled(shop: Shop, store=None) -> None:
    """The function that curates, which carries out what is asked for first."""
    run(shop, store, lambda: user_data.work_off(shop.settings, SCHEDULE))


def erasing(shop: Shop, store=None) -> None:
    """The function of the erasures' own queue."""
    run(shop, store, lambda: user_data.erase_pending(shop.settings, close=False))


def run(shop: Shop, store, work: Callable[[], object]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(user_data, "open_store", lambda _: store or shop.store)
        work()


WORK = {"the curating function": scheduled, "the erasing function": erasing}
BOTH_ERASE = ("the erasing function",) * 2


@pytest.mark.parametrize("work", WORK)
def test_a_run_that_is_killed_anywhere_is_completed_by_the_next(copies, work):
    undisturbed = copies()
    observed = ObservedStore(undisturbed.store)
    WORK[work](undisturbed, observed)
    scheduled(undisturbed)
    expected, counted = undisturbed.outcome(), said(undisturbed.store)
    assert 2 < observed.writes < MOST
    assert expected["curated"]
    for write in range(observed.writes):
        shop = copies()
        with pytest.raises(KilledError):  # after a write: before the next one
            WORK[work](shop, killed_at(shop.store, write, after=True))
        scheduled(shop)
        assert shop.outcome() == expected, f"write {write}"
        assert said(shop.store) == counted, f"write {write}"
        assert left_of_ann(shop) == [], f"write {write}"


def left_of_ann(shop: Shop) -> list[str]:
    """Files that still name ann, other than the upload, which is the shop's own (its report says so)."""
    return [str(path) for path in places(shop.folder, "ann") if not str(path).endswith(UPLOAD)]


@pytest.mark.parametrize(("work", "other"), [(a, b) for a in WORK for b in WORK])
@pytest.mark.parametrize("killed", [False, True])
def test_two_functions_at_work_at_once_bring_nobody_back(copies, work, other, killed):
    """One stands still before each of its writes while the other does all its work; then it goes on, or ends
    right after that write."""
    undisturbed = copies()
    WORK[work](undisturbed)
    WORK[other](undisturbed)
    scheduled(undisturbed)
    expected, counted = undisturbed.outcome(), said(undisturbed.store)
    for write in range(MOST):
        shop, numbers = copies(), count()

        def around(name, request, shop=shop, numbers=numbers, write=write):
            now = name in WRITES and next(numbers) == write
            if now:
                WORK[other](shop)
            answer = request()
            if now and killed:
                raise KilledError
            return answer

        observed = ObservedStore(shop.store, around)
        with contextlib.suppress(KilledError):
            WORK[work](shop, observed)
        if observed.writes <= write:
            return
        scheduled(shop)
        assert shop.outcome() == expected, f"write {write}"
        assert left_of_ann(shop) == [], f"write {write}"
        if (work, other) == BOTH_ERASE:  # neither takes back, or doubles, what the other counted
            assert said(shop.store) == counted, f"write {write}"
    pytest.fail("more writes than were tried")


def test_a_call_that_is_killed_anywhere_is_completed_when_it_is_sent_again(copies):
    for call in ("record", "erase"):
        argument = "again" if call == "record" else "bob"
        undisturbed = copies()
        observed = ObservedStore(undisturbed.store)
        getattr(undisturbed, call)(argument, observed)
        scheduled(undisturbed)
        expected = undisturbed.outcome()
        assert observed.writes
        for write in range(observed.writes):
            for after in (False, True):
                shop = copies()
                with pytest.raises(KilledError):
                    getattr(shop, call)(argument, killed_at(shop.store, write, after=after))
                getattr(shop, call)(argument)
                scheduled(shop)
                assert shop.outcome() == expected, f"{call}: write {write}, after its effect: {after}"
