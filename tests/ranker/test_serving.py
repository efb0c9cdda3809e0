"""The ranker behind the search engine: what it is asked is what it was trained on."""

from dataclasses import replace

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import CorruptIndexError
from object2vec.core.history import HistoryItem
from object2vec.ranker.copurchase import FILE
from object2vec.ranker.features import FEATURES
from object2vec.ranker.history import History
from object2vec.ranker.successors_fit import fit_successors
from object2vec.search import filters
from object2vec.search.content import Content, Counted
from object2vec.search.embedded.base import Statistics, build_index, load_index
from object2vec.search.fusion import WEIGHTS
from object2vec.search.index import Request
from object2vec.search.preference import Preference, preference
from object2vec.training.ranker.examples import examples, ranker_scorer
from object2vec.training.ranker.learn import fit_ranker
from object2vec.training.ranking_metrics import best_items
from tests.helpers.old_base import as_before
from tests.helpers.shoppers import PRICES, TEXTS, holdout, pairs, rebuyers, shelf
from tests.helpers.topics import TopicEncoder
from tests.ranker.test_profiles import profiles

DAY = 86_400
NOW = 100 * DAY


class Recorder:
    """A forest that keeps what it is asked and likes the items the shopper had most."""

    def __init__(self):
        self.asked = []

    def predict(self, matrix):
        self.asked.append(matrix)
        return matrix[:, FEATURES.index("own_count")]


@pytest.fixture(scope="module")
def copurchase():
    return pairs(np.random.default_rng(0))


@pytest.fixture(scope="module")
def somebody():
    """Fifty users, each with a few items, some more than others."""
    rng = np.random.default_rng(1)
    matrix = rng.gamma(1.0, size=(50, 24)) * (rng.random((50, 24)) < 0.2)
    return profiles(matrix, [item.id for item in shelf().items])


@pytest.fixture(scope="module")
def afterwards():
    """What forty users turned to, one item after another."""
    rng = np.random.default_rng(2)
    users = np.repeat(np.arange(40), 8)
    return fit_successors([item.id for item in shelf().items], users, rng.integers(24, size=len(users)))


@pytest.fixture(scope="module")
def shop(copurchase, somebody, afterwards):
    return shelf(copurchase, somebody, afterwards)


@pytest.fixture
def snapshot(shop, copurchase, somebody, afterwards, tmp_path):
    encoder = TopicEncoder()
    statistics = Statistics({item.id: 1.0 for item in shop.items})
    counted = Counted(copurchase=copurchase, profiles=somebody, successors=afterwards)
    build_index(encoder, Content(shop.items, statistics, counted=counted), tmp_path)
    return load_index(tmp_path, encoder, "v1").snapshot


def asked(snapshot, events, *, times=None, forest=None, **request):
    items = [snapshot.get(item_id) for item_id in events if snapshot.get(item_id)]
    profile = TopicEncoder().encode_sessions([items])[0]
    wanted = Preference(forest=forest or Recorder(), item_ids=events, times=times, now=NOW)
    return snapshot.search(Request(session_vector=profile, preference=wanted, **request))


@pytest.mark.parametrize("timed", [True, False])
def test_training_and_serving_compute_the_same_features(shop, snapshot, timed):
    rng = np.random.default_rng(0)
    histories = [[int(row) for row in rng.integers(24, size=length)] for length in (1, 2, 7, 40)]
    users = holdout(histories, [[0]] * 4)
    trained = examples(shop, users, timed=np.full(4, timed))
    counted = ("copurchase", "copurchase_recent", "follows", "follows_recent", "follows_share", "habit_prior")
    assert all(np.ptp(trained.matrix[:, FEATURES.index(name)]) > 0 for name in counted)
    ends = np.cumsum(trained.sizes)
    for user, history in enumerate(histories):
        forest = Recorder()
        times = [NOW - float(age) * DAY for age in users.ages[user]] if timed else None
        asked(snapshot, [shop.items[row].id for row in history], times=times, forest=forest)
        (served,) = forest.asked
        expected = trained.matrix[ends[user] - trained.sizes[user] : ends[user]]
        assert served.shape == expected.shape
        assert served == pytest.approx(expected, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("timed", [True, False])
def test_the_lists_that_are_evaluated_are_those_that_are_served(shop, snapshot, timed):
    forest, _ = fit_ranker(shop, rebuyers(np.random.default_rng(0), 400))
    rng = np.random.default_rng(3)
    histories = [[int(row) for row in rng.integers(24, size=length)] for length in (1, 2, 7, 40)]
    users = replace(holdout(histories, [[0]] * 4), timed=timed)
    lists = best_items(len(users), ranker_scorer(shop, forest, users), np.ones(24, np.bool_))
    for user, history in enumerate(histories):
        times = [NOW - float(age) * DAY for age in users.ages[user]] if timed else None
        events = [shop.items[row].id for row in history]
        served = asked(snapshot, events, times=times, forest=forest, limit=10)
        assert [hit.item.id for hit in served.hits] == [shop.items[row].id for row in lists[user][:10]]


def test_what_the_shopper_had_is_recommended_again_unless_excluded(snapshot):
    events = ["pizza1", "cola0", "pizza1"]
    found = asked(snapshot, events)
    assert [hit.item.id for hit in found.hits[:2]] == ["pizza1", "cola0"]
    without = asked(snapshot, events, exclude=frozenset(events))
    assert not {"pizza1", "cola0"} & {hit.item.id for hit in without.hits}


def test_the_score_is_the_likelihood_and_explained_as_such(snapshot):
    (first, *_) = asked(snapshot, ["pizza1"]).hits
    assert first.parts == {"preference": first.score}
    assert first.score == pytest.approx(1 / (1 + np.exp(-np.log1p(1))))


def test_a_query_is_answered_first_and_preference_ranks_within(snapshot):
    found = asked(snapshot, ["cola2", "cola2", "soap3"], text="cola")
    assert found.hits[0].item.id == "cola2"
    assert {hit.item.metadata["category"] for hit in found.hits} == {"Cola"}
    assert set(found.hits[0].parts) == {"lexical", "words", "category", "preference"}


def test_of_a_long_result_the_most_relevant_and_the_shoppers_own_are_judged(snapshot, monkeypatch):
    monkeypatch.setattr("object2vec.search.embedded.scoring.RANKED", 3)
    monkeypatch.setattr("object2vec.search.embedded.scoring.POPULAR", 0)
    forest = Recorder()
    vector = TopicEncoder().encode_queries(["pizza"])[0]  # all are snacks, the pizzas mean more
    found = asked(snapshot, ["soap2", "soap2"], forest=forest, text="snack", vector=vector, limit=24)
    assert found.total == 24
    assert len(forest.asked[0]) == 4  # `RANKED` that match best, and the shopper's own soap
    likely = {hit.item.id: hit.parts["preference"] for hit in found.hits if hit.parts["preference"]}
    assert len(likely) == 4
    assert max(likely, key=likely.get) == "soap2"


def test_of_a_long_result_the_most_popular_that_has_the_words_is_judged_too(snapshot, monkeypatch):
    monkeypatch.setattr("object2vec.search.embedded.scoring.RANKED", 3)
    monkeypatch.setattr("object2vec.search.embedded.scoring.POPULAR", 1)
    popularity = np.ones(24, np.float32)
    popularity[snapshot.numbers.get("soap1")] = 100
    popular = replace(snapshot, statistics={**snapshot.statistics, "popularity": popularity})
    forest = Recorder()
    vector = TopicEncoder().encode_queries(["pizza"])[0]
    asked(popular, ["soap2", "soap2"], forest=forest, text="snack", vector=vector)
    assert len(forest.asked[0]) == 5
    assert np.ptp(forest.asked[0][:, FEATURES.index("popularity")]) > 4


@pytest.mark.parametrize("text", ["snack", "snack pizza", "pizza soap"])
def test_what_a_shopper_prefers_counts_as_far_as_it_has_the_words(snapshot, text):
    found = asked(snapshot, ["soap2", "soap2", "pizza1"], text=text, limit=24)
    parts = [(hit.parts["preference"], hit.parts["lexical"]) for hit in found.hits]
    ratio = WEIGHTS["preference"] / WEIGHTS["lexical"]
    assert any(preferred for preferred, _ in parts)
    assert all(preferred <= ratio * words + 1e-6 for preferred, words in parts)


def test_filters_and_facets_hold_for_the_shoppers_own_items_too(snapshot):
    found = asked(
        snapshot, ["pizza0", "pizza3"], filters=filters.parse({"price": {"lt": 2}}), facets=("category",)
    )
    assert {hit.item.metadata["price"] for hit in found.hits} == {PRICES[0]}
    assert sum(value.count for value in found.facets["category"]) == found.total == len(TEXTS)


def test_pages_continue_in_one_order(snapshot):
    events = ["dog1", "cat2", "dog1"]
    whole = [hit.item.id for hit in asked(snapshot, events, limit=24).hits]
    first = asked(snapshot, events, limit=5)
    second = asked(snapshot, events, limit=5, cursor=first.next_cursor)
    assert [hit.item.id for hit in (*first.hits, *second.hits)] == whole[:10]


def test_items_nobody_knows_are_left_out(snapshot):
    forest = Recorder()
    asked(snapshot, ["gone", "pizza1", "gone"], times=[1.0, 2.0, 3.0], forest=forest)
    known = Recorder()
    asked(snapshot, ["pizza1"], times=[2.0], forest=known)
    assert forest.asked[0] == pytest.approx(known.asked[0], nan_ok=True)


def test_a_history_has_times_and_the_session_is_now():
    forest = Recorder()
    wanted = preference(forest, [HistoryItem("a", 5), HistoryItem("b", 7)], ["c"], now=9.0)
    assert (wanted.item_ids, wanted.times, wanted.now) == (["a", "b", "c"], [5.0, 7.0, 9.0], 9.0)
    assert preference(forest, [], ["c"], now=9.0).times is None
    assert preference(forest, [], [], now=9.0) is None
    assert preference(None, [], ["c"], now=9.0) is None


def test_an_item_added_later_has_its_facts(shop, tmp_path):
    encoder = TopicEncoder()
    build_index(encoder, Content(shop.items), tmp_path)
    index = load_index(tmp_path, encoder, "v1")
    before = index.snapshot.facts
    index.apply([CatalogItem("cola9", "cola snack", {"category": "Cola", "price": 99.0})], 1)
    assert len(before.categories) == 24
    assert (
        index.snapshot.facts.categories[24]
        == index.snapshot.facts.categories[index.snapshot.numbers.get("cola0")]
    )
    assert index.snapshot.facts.price_in_category[24] > 0


def test_what_goes_together_is_kept_for_an_item_that_changes(shop, copurchase, tmp_path):
    """Its row is another one then; so is that of an item that was not in the base yet."""
    first = copurchase.item_ids[0]
    second = copurchase.item_ids[copurchase.neighbours[0, copurchase.weights[0].argmax()]]
    late = [item for item in shop.items if item.id == second]
    encoder = TopicEncoder()
    others = [item for item in shop.items if item.id != second]
    build_index(encoder, Content(others, counted=Counted(copurchase=copurchase)), tmp_path)
    index = load_index(tmp_path, encoder, "v1")
    changed = [item for item in shop.items if item.id == first]
    index.apply([*changed, *late], 1)
    numbers, facts = index.snapshot.numbers, index.snapshot.facts
    history = History.of([numbers.get(first)])
    assert facts.copurchase.whole(history, np.array([numbers.get(second)])) > 0


def test_an_index_from_before_co_purchases_and_successors_were_counted_is_read(shop, tmp_path):
    encoder = TopicEncoder()
    build_index(encoder, Content(shop.items), tmp_path)
    as_before(tmp_path, "copurchase", "successors")
    forest = Recorder()
    asked(load_index(tmp_path, encoder, "v1").snapshot, ["pizza1"], forest=forest)
    assert not forest.asked[0][:, FEATURES.index("copurchase")].any()
    assert not np.ptp(forest.asked[0][:, FEATURES.index("follows")])


@pytest.mark.parametrize("damage", ["missing", "flipped"])
def test_an_index_whose_co_purchases_are_damaged_is_refused(shop, copurchase, tmp_path, damage):
    build_index(TopicEncoder(), Content(shop.items, counted=Counted(copurchase=copurchase)), tmp_path)
    content = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).unlink()
    if damage == "flipped":
        (tmp_path / FILE).write_bytes(content[:-1] + bytes([content[-1] ^ 0xFF]))
    with pytest.raises(CorruptIndexError, match=FILE):
        load_index(tmp_path, TopicEncoder(), "v1")
