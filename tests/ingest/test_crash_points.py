"""Ingestion ends before or after each of its writes, or stands still there while others go on: what follows
is as if nothing had happened."""

import shutil
from collections.abc import Callable
from itertools import count

import pytest

from object2vec.ingest.ownership import publishing
from object2vec.ingest.preprocess import preprocess_upload
from object2vec.storage import FolderStore
from tests.helpers.killing import KilledError
from tests.helpers.observed_store import WRITES, ObservedStore, killed_at
from tests.helpers.uploads import EVENTS, catalogue, outcome, put_at, put_item

A, B = "uploads/catalog/a.jsonl", "uploads/catalog/b.jsonl"
LOG, PAIRS = "uploads/interactions/e.csv", "uploads/pairs/p.jsonl"
KEYS = (A, B, LOG, PAIRS)
PAIR = b'{"label": 1, "in0": [%d], "in1": [2]}\n'
REPLACEMENTS = {
    A: catalogue({"1": "new", "2": None, "3": "a", "4": "new", "5": "new"}) + b"bad\n",
    LOG: EVENTS + b"u,new,7\nbad\n",
    PAIRS: PAIR % 3 + PAIR % 4,
}
CHANGES = {
    "replaced": lambda store, key: put_at(store, key, REPLACEMENTS[key], 30),
    "deleted": lambda store, key: store.delete(key),
    "emptied": lambda store, key: put_at(store, key, b"", 30),
    "touched": lambda store, key: put_at(store, key, store.get(key), 30),
}
AT_MOST = 40
"""Writes of one run; fewer than that are made, which the tests make sure of."""


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch):
    monkeypatch.setattr(publishing, "SEGMENT_RECORDS", 2)


@pytest.fixture
def shop(store) -> FolderStore:
    """Files that share items with one another and with the API."""
    put_at(store, A, catalogue({str(n): "a" for n in range(1, 5)}), 10)
    put_item(store, "1", "put", 15)
    put_at(store, B, catalogue({"3": "b", "4": "b"}), 20)
    put_at(store, LOG, EVENTS + b"u,i,5\nu,j,6\nbad\n", 10)
    put_at(store, PAIRS, PAIR % 1 + PAIR % 3, 10)
    for key in KEYS:
        preprocess_upload(store, key)
    return store


@pytest.fixture
def copies(shop, tmp_path) -> Callable[[], FolderStore]:
    numbers = count()

    def copy() -> FolderStore:
        folder = tmp_path / f"copy{next(numbers)}"
        shutil.copytree(tmp_path / "store", folder, copy_function=shutil.copy2)
        return FolderStore(folder)

    return copy


def writes_of(store: FolderStore, key: str) -> int:
    observed = ObservedStore(store)
    preprocess_upload(observed, key)
    return observed.writes


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("key", [A, LOG, PAIRS])
def test_a_run_that_is_killed_anywhere_is_completed_by_the_next_delivery(copies, key, change):
    undisturbed = copies()
    CHANGES[change](undisturbed, key)
    writes = writes_of(undisturbed, key)
    expected = outcome(undisturbed, *KEYS)
    assert 0 < writes < AT_MOST
    for write in range(writes):
        for after in (False, True):
            store = copies()
            CHANGES[change](store, key)
            with pytest.raises(KilledError):
                preprocess_upload(killed_at(store, write, after=after), key)
            preprocess_upload(store, key)
            found = outcome(store, *KEYS)
            if key == PAIRS:  # a file of pairs has no room for how it differed from the one before
                forget_counts(expected), forget_counts(found)
            assert found == expected, f"write {write}, after its effect: {after}"


def forget_counts(found) -> None:
    for name in ("added", "removed", "unchanged"):
        found["reports"][PAIRS][name] = None


def overtaking(
    store: FolderStore, write: int, others: Callable[[], object], *, killed: bool
) -> ObservedStore:
    """A worker that stands still before its write of this number while others work; then it goes on, or ends
    right after that write."""
    numbers = count()

    def around(name, request):
        now = name in WRITES and next(numbers) == write
        if now:
            others()
        answer = request()
        if now and killed:
            raise KilledError
        return answer

    return ObservedStore(store, around)


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("meanwhile", ["reverted", "deleted", "emptied", "touched"])
@pytest.mark.parametrize("key", [A, LOG, PAIRS])
def test_a_worker_that_was_overtaken_leaves_nothing_of_what_it_read(copies, key, meanwhile, killed):
    """Another version comes, the one before once more or none at all, and is dealt with to the end."""

    def then(store: FolderStore) -> None:
        if meanwhile == "reverted":
            put_at(store, key, original, 40)
        else:
            CHANGES[meanwhile](store, key)

    def others(store: FolderStore) -> None:
        then(store)
        preprocess_upload(store, key)

    first = copies()
    original = first.get(key)
    put_at(first, key, REPLACEMENTS[key], 25)
    others(first)
    expected = outcome(first, *KEYS)
    forget(expected, key)
    for write in range(AT_MOST):
        store = copies()
        put_at(store, key, REPLACEMENTS[key], 25)
        worker = overtaking(store, write, lambda store=store: others(store), killed=killed)
        try:
            preprocess_upload(worker, key)
        except KilledError:
            preprocess_upload(store, key)  # its message was not acknowledged
        if worker.writes <= write:
            assert write > 2
            return
        found = outcome(store, *KEYS)
        forget(found, key)
        assert found == expected, f"write {write}"
    pytest.fail("more writes than were tried")


def forget(found, key) -> None:
    """How the last version differs from the one before depends on whether that one was ever in effect."""
    for name in ("added", "changed", "removed", "unchanged", "quarantine"):
        found["reports"][key][name] = None
    if found["reports"][key]["deleted"]:
        found["reports"][key] = "deleted"


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("meanwhile", ["put", "remove", "other file", "other file goes", "all"])
def test_others_that_change_the_same_items_meanwhile_are_heeded(copies, meanwhile, killed):
    def others(store: FolderStore) -> None:
        if meanwhile in ("put", "all"):
            put_item(store, "5", "put", 50)
        if meanwhile in ("remove", "all"):
            put_item(store, "4", None, 50)
        if meanwhile in ("other file", "all"):
            put_at(store, B, catalogue({"1": "newest", "3": "newest"}), 60)
            preprocess_upload(store, B)
        if meanwhile == "other file goes":
            store.delete(B)
            preprocess_upload(store, B)

    first = copies()
    put_at(first, A, REPLACEMENTS[A], 25)
    preprocess_upload(first, A)
    others(first)
    expected = outcome(first, *KEYS)
    for write in range(AT_MOST):
        store = copies()
        put_at(store, A, REPLACEMENTS[A], 25)
        worker = overtaking(store, write, lambda store=store: others(store), killed=killed)
        try:
            preprocess_upload(worker, A)
        except KilledError:
            preprocess_upload(store, A)
        if worker.writes <= write:
            return
        assert outcome(store, *KEYS) == expected, f"write {write}"
    pytest.fail("more writes than were tried")


def test_what_killed_workers_left_goes_after_a_day(copies, monkeypatch):
    store = copies()
    put_at(store, A, REPLACEMENTS[A], 30)
    with pytest.raises(KilledError):
        preprocess_upload(killed_at(store, 1, after=True), A)
    preprocess_upload(store, A)
    left = [entry.key for entry in store.list("catalog/files/")]
    monkeypatch.setattr(publishing, "ORPHAN_S", -10)
    put_at(store, A, catalogue({"1": "again"}), 40)
    preprocess_upload(store, A)
    kept = [entry.key for entry in store.list("catalog/files/")]
    assert len(kept) == 4 < len(left)  # rows and index of each file
