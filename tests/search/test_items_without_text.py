"""An item of which nobody wrote anything is found by what its picture shows, in every engine."""

from collections.abc import Sequence

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.search.index import Request
from tests.helpers.topics import TopicEncoder

PICTURED = CatalogItem("pictured", "", {"shows": "margherita"})
WORDLESS = [
    CatalogItem("dots", "...", {"shows": "margherita"}),
    CatalogItem("spaces", " \n", {"shows": "margherita", "title": " "}),
    CatalogItem("dash", "", {"shows": "margherita", "title": ["\u2013", "!"]}),
    CatalogItem("number", "", {"shows": "margherita", "title": 7}),
]
NAMED = CatalogItem("named", "", {"shows": "margherita", "title": "Something else"})
SHOP = [*(CatalogItem(f"pizza-{n}", f"Pizza number {n}") for n in range(6)), PICTURED, *WORDLESS, NAMED]


class SeesPictures(TopicEncoder):
    """An encoder that knows what an item's picture shows."""

    def encode_items(self, items: Sequence[CatalogItem]) -> np.ndarray:
        return self.encode_queries([str(item.metadata.get("shows", item.text)) for item in items])


@pytest.fixture
def encoder():
    return SeesPictures()


def asked(index, encoder, **request):
    vector = encoder.encode_queries(["pizza"])[0]
    return {h.item.id: h for h in index.snapshot.search(Request(vector=vector, limit=50, **request)).hits}


def test_it_gets_what_items_as_near_in_meaning_have_for_their_words(make_index, encoder):
    hits = asked(make_index(SHOP), encoder, text="pizza")
    pictured, *wordless = [hits.pop(item.id) for item in (PICTURED, *WORDLESS)]
    of_words = [hit.parts["lexical"] + hit.parts.get("words", 0.0) for hit in hits.values()]
    assert pictured.parts["expected"] == pytest.approx(np.mean(of_words))
    assert pictured.score == pytest.approx(sum(pictured.parts.values()))
    assert [hit.parts["expected"] for hit in wordless] == [pictured.parts["expected"]] * len(WORDLESS)
    assert not any(hit.parts.get("expected") for hit in hits.values())


def test_without_words_nothing_is_expected_of_it(make_index, encoder):
    assert "expected" not in asked(make_index(SHOP), encoder)["pictured"].parts
