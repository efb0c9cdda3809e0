"""A store that is far away is asked at once for what does not depend on each other, and for nothing twice."""

from threading import Barrier, Event

import pytest

from object2vec.core.keys import CHECKPOINT, LIVE, RULES, SYNONYMS
from object2vec.search.copying import EarlyCopy
from object2vec.search.index import Request
from object2vec.search.live import LiveIndex
from object2vec.search.loading import load_live
from object2vec.search.service import SearchService
from object2vec.search.stored import StoredRules, StoredSynonyms
from object2vec.storage import item_log
from tests.api.conftest import load_topics
from tests.helpers.topics import SHOP

PATIENCE_S = 30


class MeetingStore:
    """Hands requests on; those of one meeting wait until all of them are under way. Notes the keys."""

    def __init__(self, store, *meetings):
        self._store, self.asked = store, []
        self._meetings = [(keys, Barrier(len(keys))) for keys in meetings]
        self.meets = False

    def __getattr__(self, name):
        method = getattr(self._store, name)

        def call(key, *more):
            self.asked.append(key)
            for keys, barrier in self._meetings if self.meets else ():
                if key in keys:
                    barrier.wait(PATIENCE_S)
            return method(key, *more)

        return call if callable(method) else method


@pytest.fixture
def far(store, clock):
    """A shop with a release: the store as its service sees it, and the service."""
    after = item_log.segment_key(2)
    seen = MeetingStore(store, {LIVE, RULES, SYNONYMS}, {after, CHECKPOINT})
    service = SearchService(
        seen,
        LiveIndex(seen, load_encoder=load_topics, clock=clock),
        rules=StoredRules(seen, clock=clock),
        synonyms=StoredSynonyms(seen, clock=clock),
    )
    return seen, service


def search(service):
    return [hit["id"] for hit in service.search(Request(text="pizza")).hits]


def test_after_a_pause_five_requests_take_the_time_of_two(far, store, publish, clock):
    seen, service = far
    item_log.append(store, SHOP)
    publish("v1", watermark=1)
    first = search(service)
    seen.asked.clear()
    seen.meets, clock.now = True, clock.now + 60
    assert search(service) == first
    assert sorted(seen.asked) == sorted([LIVE, RULES, SYNONYMS, item_log.segment_key(2), CHECKPOINT])


def test_a_new_environment_asks_for_each_file_once(far, store, publish):
    seen, service = far
    item_log.append(store, SHOP)
    publish("v1", watermark=1)
    search(service)
    header = "releases/v1/index/index.json"
    assert seen.asked.count(header) == 2, "is it readable, and the file itself"
    assert {key for key in seen.asked if seen.asked.count(key) > 1} == {header}
    assert not [key for key in seen.asked if key.endswith(".lock")]


def test_what_was_copied_early_is_not_copied_again(store, publish):
    publish("v1", watermark=1)
    seen = MeetingStore(store)
    early = EarlyCopy(seen)
    copied = early.take("v1", load_topics)
    seen.asked.clear()
    again = EarlyCopy(seen)
    live = LiveIndex(seen, load_encoder=load_topics, early=again)
    assert live.get().manifest == copied.manifest
    assert seen.asked.count("releases/v1/index/ids.json") == 1


def test_the_encoder_is_loaded_while_the_index_arrives(store, publish):
    publish("v1", watermark=1)
    loaded, lend = Event(), store.lend

    def late(key, path):
        assert "/index/" not in key or loaded.wait(30), "the index has come first"
        lend(key, path)

    def load(folder):
        loaded.set()
        return load_topics(folder)

    store.lend = late
    copied = EarlyCopy(store).take("v1", load)
    assert copied.manifest.version == "v1"
    assert load_live(copied, None).encoder is copied.encoder


def test_an_encoder_that_cannot_be_loaded_early_is_tried_again_with_the_rest(store, publish):
    publish("v1", watermark=1)

    def fails(_folder):
        raise OSError("once")

    copied = EarlyCopy(store).take("v1", fails)
    assert copied.encoder is None
    assert load_live(copied, load_topics).encoder is not None


@pytest.mark.parametrize("happened", ["another release", "a missing file", "nothing was live"])
def test_an_early_copy_that_is_of_no_use_costs_nothing_but_time(store, publish, happened):
    if happened != "nothing was live":
        publish("v1", watermark=1)
    if happened == "a missing file":
        lost = store.get("releases/v1/encoder/version")
        store.delete("releases/v1/encoder/version")
    early = EarlyCopy(store)
    assert (early.take("v1", load_topics) is None) == (happened != "another release")
    if happened == "a missing file":
        store.put("releases/v1/encoder/version", lost)
    else:
        publish("v2", watermark=1)
    live = LiveIndex(store, load_encoder=load_topics, early=early).get()
    assert live.manifest.version == ("v1" if happened == "a missing file" else "v2")
    assert live.index.snapshot.documents.at(0).id


def test_a_base_has_no_locks(store, publish):
    publish("v1", watermark=1)
    assert not [entry.key for entry in store.list("releases/") if ".lock" in entry.key]
