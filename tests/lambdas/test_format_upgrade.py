"""Code of two formats of the base index side by side, as a deployment has it: each answers at any time.

The layout of a base is the same here whatever number it says, so one program plays both.
"""

from dataclasses import replace
from itertools import count

import orjson
import pytest

from lambdas.indexer import handler as module
from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import CorruptIndexError, StartingError
from object2vec.release import go_live, live, load, pointer, save
from object2vec.release.rollback import point_back
from object2vec.search import base_formats, engines
from object2vec.search.engines import HEADER
from object2vec.search.index import Request
from object2vec.search.live import LiveIndex
from object2vec.storage import item_log
from tests.helpers.killing import KilledError, Killer

BEFORE, AFTER = engines.FORMAT, engines.FORMAT + 1


@pytest.fixture(autouse=True)
def _short_tails(monkeypatch):
    monkeypatch.setattr(module, "TAIL_CHANGES", 3)


@pytest.fixture
def code(monkeypatch):
    """`code(n)`: from here on this is the code whose bases have format n."""
    return lambda number: monkeypatch.setattr(engines, "FORMAT", number)


def add(store, *names):
    item_log.append(store, [CatalogItem(name, "a red shirt") for name in names])


@pytest.fixture
def shop(world, code):
    """Four items in a live base of the format before, one after it; the code of after has been deployed."""
    add(world.store, *"abcd")
    module.handler({}, None)
    add(world.store, "e")
    code(AFTER)
    return world


def answers(store):
    """Answers of a search function that just starts."""
    index = LiveIndex(store).get().index.snapshot
    return "".join(sorted(hit.item.id for hit in index.search(Request(limit=20)).hits))


def added(store):
    """Keys of what the indexer laid beside releases."""
    return [entry.key for entry in store.list("releases/") if "/index-format" in entry.key]


def notes(store):
    """The notes that name a base, by key."""
    return {key: store.get(key) for key in added(store) if key.count("/") == 2}


def test_the_live_base_comes_in_the_new_format_beside_the_old_one(shop, code):
    before = pointer(shop.store), live(shop.store), shop.store.get(live(shop.store).key)
    with pytest.raises(StartingError, match=f"format {BEFORE}"):
        answers(shop.store)
    assert module.handler({}, None) == {"released": None}
    assert (pointer(shop.store), live(shop.store), shop.store.get(live(shop.store).key)) == before
    for number in (AFTER, BEFORE):
        code(number)
        assert answers(shop.store) == "abcde"
        assert not base_formats.lacks_base(shop.store, live(shop.store))


def test_it_is_added_once(shop):
    module.handler({}, None)
    stored = {entry.key: entry.etag for entry in shop.store.list("releases/")}
    module.handler({}, None)
    assert {entry.key: entry.etag for entry in shop.store.list("releases/")} == stored


def test_a_page_of_the_old_code_goes_on_in_the_new(shop, code):
    """Rows are numbered alike, so a cursor leads to the same place."""
    module.handler({}, None)
    code(BEFORE)
    first = LiveIndex(shop.store).get().index.snapshot.search(Request(limit=2))
    code(AFTER)
    then = LiveIndex(shop.store).get().index.snapshot.search(Request(limit=9, cursor=first.next_cursor))
    assert sorted(hit.item.id for hit in [*first.hits, *then.hits]) == list("abcde")


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_the_indexer_dies_between_any_two_calls(shop, monkeypatch, code, done):
    for at in count():
        for key in added(shop.store):
            shop.store.delete(key)
        killer = Killer(at, done)
        killed = False
        with monkeypatch.context() as patch:
            patch.setattr(module, "open_store", lambda _url, k=killer: k.over(shop.store))
            try:
                module.handler({}, None)
            except KilledError:
                killed = True
        code(BEFORE)
        assert answers(shop.store) == "abcde"
        code(AFTER)
        if not notes(shop.store):
            with pytest.raises(StartingError):
                answers(shop.store)
        module.handler({}, None)
        assert answers(shop.store) == "abcde"
        if not killed:
            assert at > 10
            return


def test_of_two_runs_at_once_the_first_to_end_is_read_whole(shop, monkeypatch):
    build, meanwhile = module.same_base, []

    def raced(*arguments):
        monkeypatch.setattr(module, "same_base", build)
        build(*arguments)
        module.handler({}, None)
        meanwhile.append(notes(shop.store))

    monkeypatch.setattr(module, "same_base", raced)
    module.handler({}, None)
    assert len(meanwhile[0]) == 1
    assert [notes(shop.store)] == meanwhile
    assert answers(shop.store) == "abcde"


def test_a_grown_tail_becomes_a_release_that_the_old_code_reads_too(shop, code):
    """It starts from the base before, and has the rest from the log."""
    before = live(shop.store)
    add(shop.store, *"fgh")
    assert module.handler({}, None) == {"released": f"{shop.old.model_version}-3-format{AFTER}"}
    assert live(shop.store).before == before.version
    add(shop.store, *"ijkl")
    assert module.handler({}, None) == {"released": f"{shop.old.model_version}-4"}
    for number, version in ((AFTER, live(shop.store).version), (BEFORE, before.version)):
        code(number)
        running = LiveIndex(shop.store)
        assert running.get().index.snapshot.version == version
        assert running.trouble is None
        assert answers(shop.store) == "abcdefghijkl"


def test_a_deployment_that_is_taken_back_leaves_both_bases(shop, code):
    """The old indexer finds a release of the new one, and the new one later a release of the old."""
    add(shop.store, *"fgh")
    module.handler({}, None)
    theirs = live(shop.store)
    code(BEFORE)
    assert answers(shop.store) == "abcdefgh"
    assert module.handler({}, None) == {"released": f"{shop.old.model_version}-3-format{BEFORE}"}
    assert answers(shop.store) == "abcdefgh"
    assert load(shop.store, theirs.version) == theirs
    code(AFTER)
    assert answers(shop.store) == "abcdefgh"
    assert module.handler({}, None) == {"released": None}


def test_a_release_that_the_chain_lost_gets_a_base_again(shop, code):
    before = live(shop.store)
    add(shop.store, *"fgh")
    module.handler({}, None)
    shop.store.delete(before.key)
    code(BEFORE)
    assert base_formats.lacks_base(shop.store, live(shop.store))
    module.handler({}, None)
    assert answers(shop.store) == "abcdefgh"


@pytest.fixture
def followed(world, code):
    """A model with its base went live after another with its own; both of the format before."""
    add(world.store, *"abcd")
    module.handler({}, None)
    save(world.store, world.new)
    go_live(world.store, "new", instead_of=live(world.store).version)
    add(world.store, *"efgh")
    module.handler({}, None)
    code(AFTER)
    return world


def roll_back(store, to):
    point_back(store, to=to, instead_of=live(store).version, reason="worse")


def test_the_release_before_gets_its_base_too(followed):
    module.handler({}, None)
    roll_back(followed.store, pointer(followed.store).previous)
    assert live(followed.store).model_version == followed.old.model_version
    assert answers(followed.store) == "abcdefgh"


def test_a_release_before_that_is_damaged_stops_nothing(followed):
    followed.store.delete(f"{followed.old.encoder}manifest.json")
    add(followed.store, *"ijkl")
    version = f"{followed.new.model_version}-3-format{AFTER}"
    assert module.handler({}, None) == {"released": version}
    assert answers(followed.store) == "abcdefghijkl"


def test_going_back_further_waits_for_the_indexer(followed):
    """What runs goes on meanwhile; what starts says why it does not."""
    roll_back(followed.store, pointer(followed.store).previous)
    module.handler({}, None)
    far = replace(load(followed.store, f"{followed.new.model_version}-2"), version="far")
    save(followed.store, far)
    now = 0.0
    running = LiveIndex(followed.store, clock=lambda: now)
    assert running.get().manifest.model_version == followed.old.model_version
    roll_back(followed.store, "far")
    now = 60.0
    assert running.get().manifest.model_version == followed.old.model_version
    with pytest.raises(StartingError, match=f"format {BEFORE}"):
        answers(followed.store)
    module.handler({}, None)
    now = 120.0
    assert running.get().manifest.version == "far"
    assert running.trouble is None
    assert answers(followed.store) == "abcdefgh"


def test_a_log_with_a_gap_makes_no_base(shop):
    shop.store.delete(item_log.segment_key(1))
    with pytest.raises(CorruptIndexError, match="segment 1 of the item log, which ends at 0"):
        module.handler({}, None)
    assert added(shop.store) == []


@pytest.mark.parametrize("damaged", [b"", b"{", b"[]", b"{}", None])
def test_a_base_with_a_damaged_header_comes_again(shop, code, damaged):
    code(BEFORE)
    key = f"{live(shop.store).index}{HEADER}"
    shop.store.delete(key) if damaged is None else shop.store.put(key, damaged)
    with pytest.raises(StartingError):
        answers(shop.store)
    module.handler({}, None)
    assert answers(shop.store) == "abcde"


def test_a_note_of_another_format_is_not_followed(shop, code):
    module.handler({}, None)
    code(AFTER + 1)
    assert base_formats.lacks_base(shop.store, live(shop.store))
    module.handler({}, None)
    assert len(notes(shop.store)) == 2
    assert len({orjson.loads(note)["index"] for note in notes(shop.store).values()}) == 2
    assert answers(shop.store) == "abcde"
