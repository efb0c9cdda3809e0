"""Where the candidates of a shopper come from when there is no query."""

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.features import FEATURES
from object2vec.ranker.history import History
from object2vec.ranker.items import item_facts
from object2vec.ranker.profiles import Profiles
from object2vec.ranker.successors import Successors
from object2vec.search.content import Content
from object2vec.search.embedded import personal
from object2vec.search.embedded.base import build_index, load_index
from object2vec.search.embedded.personal import by_popularity, candidates_of
from object2vec.search.index import Request
from object2vec.search.item_statistics import STATISTICS, UNWANTED, Statistics
from object2vec.search.preference import Preference
from tests.helpers.topics import TopicEncoder

NEAR, OWN, POPULAR, PARTNER, ALIKE, OTHER, NEXT = range(7)
ROWS = 7
IDS = {"own": OWN, "partner": PARTNER, "alike": ALIKE, "next": NEXT}
TOGETHER = Copurchase(
    ["own", "partner"], np.array([[1], [0]], np.uint16), np.array([[0.5], [0.5]], np.float16)
)


SOMEBODY = Profiles(
    ["own", "alike"], np.array([0, 2]), np.array([0, 1], np.int32), np.array([1.0, 0.5], np.float16)
)
AFTERWARDS = Successors(
    ["own", "next"], np.array([0, 1, 1]), np.array([1], np.int32), np.array([1.0], np.float32)
)


@pytest.fixture(autouse=True)
def of_anybody(monkeypatch):
    monkeypatch.setattr("object2vec.ranker.profiles.FEWEST", 1)


def facts(together=TOGETHER, profiles=SOMEBODY, successors=AFTERWARDS):
    return item_facts(
        categories=np.full(ROWS, -1),
        prices=np.full(ROWS, np.nan),
        statistics=dict.fromkeys(STATISTICS, np.zeros(ROWS)),
        copurchase=together.placed(IDS.get, ROWS),
        profiles=profiles.placed(IDS.get, ROWS),
        successors=successors.placed(IDS.get, ROWS),
    )


def found(allowed=(True,) * ROWS):
    history = History.of([OWN])
    return candidates_of(history, np.array([NEAR]), np.array([POPULAR]), facts(), np.array(allowed)).tolist()


def test_they_are_near_or_popular_or_go_with_or_follow_the_latest_or_liked_by_shoppers_alike_or_their_own():
    assert found() == [NEAR, OWN, POPULAR, PARTNER, ALIKE, NEXT]


@pytest.mark.parametrize("row", [OWN, POPULAR, PARTNER, ALIKE, NEXT])
def test_what_is_not_allowed_is_no_candidate_whatever_source_names_it(row):
    allowed = np.arange(ROWS) != row
    assert row not in found(allowed)


def test_the_most_popular_come_first_and_nobody_elses_count():
    popularity = np.array([3.0, 5.0, 0.0, 5.0, 1.0, 9.0], np.float32)
    wanted = np.array([True, True, True, True, True, False])
    assert by_popularity(popularity, wanted, 10).tolist() == [1, 3, 0, 4]
    assert by_popularity(popularity, wanted, 2).tolist() == [1, 3]


def test_behind_a_filter_there_are_as_many_popular_items(monkeypatch):
    monkeypatch.setattr(personal, "POPULAR", 1)
    nothing = facts(Copurchase.empty(), Profiles.empty(), Successors.empty())
    allowed = np.arange(ROWS) != POPULAR
    rows = candidates_of(
        History.of([]), np.zeros(0, np.int64), np.array([POPULAR, OTHER, OWN]), nothing, allowed
    )
    assert rows.tolist() == [OTHER]


def test_what_most_people_are_against_is_recommended_to_nobody_not_even_to_who_had_it(tmp_path, monkeypatch):
    monkeypatch.setattr("object2vec.search.embedded.finder.NEIGHBOURS_ALONE", 2)
    items = [CatalogItem(f"cola{n}", "cola") for n in range(3)] + [CatalogItem("soap", "soap")]
    popularity = {"cola0": 5.0, "cola1": UNWANTED - 1, "soap": 9.0}
    build_index(TopicEncoder(), Content(items, Statistics(popularity)), tmp_path)
    snapshot = load_index(tmp_path, TopicEncoder(), "v1").snapshot

    class Popular:
        def predict(self, matrix):
            return matrix[:, FEATURES.index("popularity")]

    history = ["cola1", "cola0"]
    profile = TopicEncoder().encode_sessions([[items[1], items[0]]])[0]
    asked = Request(session_vector=profile, preference=Preference(forest=Popular(), item_ids=history))
    ids = [hit.item.id for hit in snapshot.search(asked).hits]
    assert ids[0] == "soap"  # popular, though nothing like the history
    assert "cola1" not in ids
