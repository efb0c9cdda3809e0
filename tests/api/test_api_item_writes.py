"""What a write of one item costs, however many there were before it."""

import orjson
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.core.keys import LOG_END
from object2vec.search import pictures
from object2vec.search.live import LiveIndex
from object2vec.search.service import SearchService
from object2vec.storage import item_log
from tests.api.conftest import load_topics
from tests.helpers.observed_store import ObservedStore
from tests.helpers.topics import SHOP

BEFORE = 100_000
WRITES_BEFORE = 2


@pytest.fixture
def busy(store, publish, clock, monkeypatch):
    """A shop after 100,000 writes, of which the base holds all: the service, and the store as it sees it."""
    monkeypatch.setattr(pictures, "FIRST_CHECK_S", float("inf"))
    store.put(item_log.segment_key(BEFORE), b"")
    store.put(LOG_END, orjson.dumps({"last": BEFORE}))
    publish("v1", SHOP, watermark=BEFORE)
    observed = ObservedStore(store)
    service = SearchService(observed, LiveIndex(observed, load_encoder=load_topics, clock=clock))
    service.health()
    service.items.put("first", "cheese pizza", {})  # looks whether the shop has any picture
    service.items.delete("first")
    return service, observed


def test_a_put_costs_three_requests(busy):
    service, observed = busy
    for number in range(5):
        observed.requests.clear()
        answer = service.items.put(f"new{number}", "cheese pizza", {})
        assert answer["segment"] == BEFORE + WRITES_BEFORE + 1 + number
        assert observed.requests == {"get_versioned": 1, "create": 1, "replace": 1}
        assert service.items.get(f"new{number}").text == "cheese pizza"


def test_a_write_after_somebody_elses_sees_that_too(busy, store):
    service, _ = busy
    item_log.append(store, [CatalogItem("theirs", "cheese pizza")])
    assert service.items.put("mine", "cheese pizza", {})["segment"] == BEFORE + WRITES_BEFORE + 2
    assert {service.items.get(name).id for name in ("theirs", "mine")} == {"theirs", "mine"}
    assert service.health()["index"]["watermark"] == BEFORE + WRITES_BEFORE + 2


def test_a_delete_is_bounded_too(busy):
    service, observed = busy
    service.items.put("new", "cheese pizza", {})
    observed.requests.clear()
    service.items.delete("new")
    assert observed.requests.total() <= 6
    assert observed.requests["list"] == 0
