"""A local server goes on with what is written while it loads a newer release."""

import logging
from threading import Event

import pytest

from object2vec.search.live import LiveIndex, Upkeep
from object2vec.search.service import SearchService
from object2vec.storage import item_log
from tests.api.conftest import load_topics
from tests.helpers.topics import SHOP

LONG_S = 60.0
"""Longest wait of a test, for something that never takes that long."""


@pytest.fixture
def slow(store, publish):
    """A service in which a newer release is loading, until `go_on` is set."""
    item_log.append(store, SHOP)
    publish("v1", watermark=1)
    begun, go_on = Event(), Event()

    def load(folder):
        encoder = load_topics(folder)
        if encoder.version == "topics-2":
            begun.set()
            assert go_on.wait(LONG_S)
        return encoder

    live = LiveIndex(store, load_encoder=load, upkeep=Upkeep(frozen=False, changed=lambda: True))
    service = SearchService(store, live)
    service.health()
    publish("v2", watermark=1, model="topics-2")
    live.get()
    assert begun.wait(LONG_S)
    yield service, live, go_on
    go_on.set()


def test_a_write_is_answered_and_found_before_the_release_is_loaded(slow):
    service, live, go_on = slow
    written = service.items.put("fresh", "cheese pizza fresh", {})
    assert live.get().manifest.version == "v1"
    assert live.get().index.snapshot.watermark == written["segment"]
    go_on.set()
    live.catch_up()  # waits for the release
    assert live.get().manifest.version == "v2"
    assert live.get().index.snapshot.watermark == written["segment"]


def test_what_another_process_writes_is_found_meanwhile(slow, store):
    _, live, go_on = slow
    number = item_log.append(store, SHOP[:1])
    live.wrote(item_log.Segment(number, SHOP[:1]))  # answers once what this process answers from has it
    assert live.get().manifest.version == "v1"
    assert live.get().index.snapshot.watermark == number
    go_on.set()


@pytest.fixture
def logged():
    """Set once something that went wrong is in the log."""
    event, handler, logger = Event(), logging.Handler(), logging.getLogger("object2vec.search.newest_release")
    handler.emit = lambda _record: event.set()
    logger.addHandler(handler)
    yield event
    logger.removeHandler(handler)


@pytest.mark.parametrize("damaged", [False, True])
def test_a_release_arrives_though_the_log_cannot_be_read_meanwhile(slow, store, logged, damaged):
    """The store was away for a moment, or a segment is damaged, of which the new release need not know."""
    _, live, go_on = slow
    number = item_log.append(store, SHOP[:1])
    key = item_log.segment_key(number)
    segment = store.get(key)
    store.put(key, b"damaged\n")
    assert logged.wait(LONG_S)
    assert "damaged at segment 2" in live.trouble
    assert live.get().manifest.version == "v1"
    if not damaged:
        store.put(key, segment)
    go_on.set()
    live.catch_up()  # waits for the release
    assert live.get().manifest.version == "v2"
    assert (live.trouble is not None) == damaged
