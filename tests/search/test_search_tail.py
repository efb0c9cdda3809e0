"""Changes after the base: visible whole, and as if they had been in the base from the start."""

from threading import Event, Thread

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from object2vec.core.catalog import CatalogItem
from object2vec.search import filters
from object2vec.search.index import Request
from object2vec.storage.item_log import Removed, Segment, replay
from tests.helpers.topics import SHOP


def ids(result):
    return [hit.item.id for hit in result.hits]


def test_an_upsert_replaces_in_every_part(index, encoder):
    index.apply([CatalogItem("p1", "Dog bread", {"category": "Bakery", "colour": "brown"})], 7)
    snapshot = index.snapshot
    assert snapshot.watermark == 7
    assert len(snapshot) == len(SHOP)
    assert snapshot.get("p1").text == "Dog bread"
    assert ids(snapshot.search(Request(text="pizza"))) == ["p2"]
    assert ids(snapshot.search(Request(vector=encoder.encode_queries(["puppy"])[0]))) == ["p1"]
    assert ids(snapshot.search(Request(filters=filters.parse({"colour": "brown"})))) == ["p1"]
    assert "p1" not in ids(snapshot.search(Request(filters=filters.parse({"category": "Pizza"}))))
    assert ids(snapshot.search(Request()))[1] == "p1"  # as popular as before


def test_removed_and_added_again(index):
    index.apply([Removed("p1"), Removed("nobody")], 1)
    assert index.snapshot.get("p1") is None
    assert index.snapshot.vector("p1") is None
    assert ids(index.snapshot.search(Request(text="pizza"))) == ["p2"]
    index.apply([CatalogItem("p1", "Pizza again")], 2)
    assert set(ids(index.snapshot.search(Request(text="pizza")))) == {"p1", "p2"}


def test_within_a_batch_the_last_change_wins(index):
    index.apply(
        [CatalogItem("x", "cola"), Removed("x"), CatalogItem("x", "bread"), CatalogItem("x", "soap")], 1
    )
    assert index.snapshot.get("x").text == "soap"
    assert ids(index.snapshot.search(Request(text="bread"))) == []


def test_a_held_snapshot_does_not_change(index):
    held = index.snapshot
    before = ids(held.search(Request(text="pizza"))), ids(held.search(Request()))
    index.apply([Removed("p1"), CatalogItem("p0", "pizza pizza")], 1)
    assert (ids(held.search(Request(text="pizza"))), ids(held.search(Request()))) == before
    assert held.get("p1") is not None


def test_readers_never_see_half_a_batch(make_index):
    index = make_index([])
    done, torn = Event(), []

    def read():
        while not done.is_set():
            result = index.snapshot.search(Request(text="pizza", limit=100))
            texts = {hit.item.text for hit in result.hits}
            if len(texts) > 1 or result.total not in {0, 10}:
                torn.append(texts)

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(20):
        index.apply([CatalogItem(str(n), f"pizza batch{number}") for n in range(10)], number + 1)
    done.set()
    for reader in readers:
        reader.join()
    assert torn == []


WORDS = st.lists(st.sampled_from(["pizza", "cola", "cat", "kitten", "bread"]), max_size=3).map(" ".join)
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "price": st.integers(0, 3),
        "category": st.sampled_from(["A", "B", 1]),
        "tags": st.lists(st.sampled_from("xyz"), max_size=3),
    },
)
ITEMS = st.builds(CatalogItem, st.sampled_from("abcde"), WORDS, METADATA)
CHANGES = st.lists(ITEMS | st.builds(Removed, st.sampled_from("abcde")), max_size=6)
POPULARITY = {"a": 3.0, "b": 2.0, "e": 1.0, "z": 9.0}
KEEPER = CatalogItem("keep", "soap", {"price": 9, "category": "A", "tags": ["x"]})
QUESTIONS = [
    {},
    {"category": "A"},
    {"price": {"gte": 1}},
    {"tags": ["x", "y"]},
    {"category": {"not": ["B", 1]}},
]


@pytest.mark.needs("facets")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(base=CHANGES, tail=st.lists(CHANGES, max_size=3))
def test_base_and_tail_answer_like_a_rebuilt_base(make_index, encoder, base, tail):
    segments = [Segment(1, [KEEPER, *base]), *(Segment(n, batch) for n, batch in enumerate(tail, 2))]
    old, watermark = replay(segments[:1])
    new, _ = replay(segments)
    grown = make_index(old.values(), POPULARITY, watermark)
    for segment in segments[1:]:
        grown.apply(segment.changes, segment.number)
    rebuilt = make_index(new.values(), POPULARITY, len(segments))
    one, other = grown.snapshot, rebuilt.snapshot
    assert (len(one), one.watermark) == (len(other), other.watermark)
    for item_id in "abcde":
        assert one.get(item_id) == other.get(item_id)
        if item_id in new:
            np.testing.assert_array_equal(one.vector(item_id), other.vector(item_id))
    query = encoder.encode_queries(["cat pizza"])[0]
    for question in QUESTIONS:
        parsed = filters.parse(question)
        for request in (Request(filters=parsed), Request(filters=parsed, vector=query)):
            scores = [
                {hit.item.id: round(hit.score, 6) for hit in s.search(request).hits} for s in (one, other)
            ]
            assert scores[0] == scores[1]
        texts = [set(ids(s.search(Request(filters=parsed, text="cat pizza")))) for s in (one, other)]
        assert texts[0] == texts[1]
        facets = [s.search(Request(filters=parsed, facets=("tags",))).facets for s in (one, other)]
        assert facets[0] == facets[1]


@pytest.mark.parametrize("make_index", ["embedded"], indirect=True)
def test_damaged_files_are_refused(make_index, tmp_path, encoder):
    from object2vec.core.errors import CorruptIndexError
    from object2vec.search.embedded.base import load_index

    make_index()
    folder = tmp_path / "index-0"
    for name in ("documents.bin", "vectors.npy", "columns.npz", "ids.json", "statistics.npz", "index.json"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(CorruptIndexError):
            load_index(folder, encoder, "r1")
        (folder / name).unlink()
        with pytest.raises(CorruptIndexError):
            load_index(folder, encoder, "r1")
        (folder / name).write_bytes(whole)
    load_index(folder, encoder, "r1")
    encoder.version = "another"
    with pytest.raises(CorruptIndexError, match="another"):
        load_index(folder, encoder, "r1")
