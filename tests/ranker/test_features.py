from dataclasses import replace

import numpy as np
import pytest

from object2vec.core.history import RECENT
from object2vec.ranker import features
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.features import FEATURES, features_of
from object2vec.ranker.history import History
from object2vec.ranker.items import item_facts
from object2vec.ranker.profiles import Profiles
from object2vec.ranker.successors import Successors
from object2vec.search.item_statistics import STATISTICS

DAY = 86_400
MILK, BREAD, CHAMPAGNE, NAILS = range(4)


@pytest.fixture
def items():
    """Milk and bread are food at 2 and 4, champagne a drink without comparison, nails have neither."""
    return item_facts(
        categories=np.array([0, 0, 1, -1]),
        prices=np.array([2.0, 4.0, 50.0, np.nan]),
        statistics={
            "popularity": np.array([8, 4, 0, 0.0]),
            "trending": np.zeros(4),
            "first_time_buyers": np.array([0, 3, 1, 0.0]),
            "repeat_rate": np.array([2.5, 0.5, 0, 0]),
        },
        copurchase=Copurchase.empty().placed({}.get, 4),
        profiles=Profiles.empty().placed({}.get, 4),
        successors=Successors.empty().placed({}.get, 4),
    )


def columns(items, history, rows=(MILK, BREAD, CHAMPAGNE, NAILS), similarity=None):
    rows = np.array(rows)
    similarity = np.zeros(len(rows), np.float32) if similarity is None else similarity
    return dict(zip(FEATURES, features_of(items, history, rows, similarity).T, strict=True))


def test_an_item_knows_its_own_past(items):
    history = History.of([MILK, BREAD, MILK, NAILS], [0, 0, 4 * DAY, 8 * DAY], now=10 * DAY)
    found = columns(items, history)
    assert found["own_count"] == pytest.approx(np.log1p([2, 1, 0, 1]))
    assert found["own_last_day"] == pytest.approx(np.log1p([6, 10, np.nan, 2]), nan_ok=True)
    assert found["own_last_event"] == pytest.approx(np.log1p([1, 2, np.nan, 0]), nan_ok=True)
    assert found["own_visits_since"] == pytest.approx(np.log1p([1, 2, np.nan, 0]), nan_ok=True)
    # milk: every 4 days, 6 days ago; bread and nails were bought once: no interval to be due after
    assert found["own_due"] == pytest.approx([np.log(7 / 5), np.nan, np.nan, np.nan], nan_ok=True)
    # visits with the item over visits since its first, four added
    assert found["own_rate"] == pytest.approx(np.log([2 / 6, 1 / 6, np.nan, 1 / 4]), nan_ok=True)


def test_a_recent_purchase_weighs_more_than_an_old_one(items):
    history = History.of([MILK, BREAD], [0, 200 * DAY], now=201 * DAY)
    found = columns(items, history)
    for name in ("own_recent_events", "own_latest_events", "own_recent_days", "own_latest_days"):
        assert found[name][BREAD] > found[name][MILK] > found[name][CHAMPAGNE], name


def test_what_needs_times_is_unknown_without_them_and_the_rest_is_the_same(items):
    events = [MILK, BREAD, MILK]
    timed = columns(items, History.of(events, [0, DAY, 2 * DAY], now=3 * DAY))
    bare = columns(items, History.of(events))
    for name in FEATURES:
        if np.isnan(bare[name]).all():
            assert name in {
                "own_recent_days", "own_latest_days", "own_last_day", "own_due", "own_rate",
                "own_visits_since", "category_last_day", "history_visits",
            }  # fmt: skip
        elif name != "habit_prior":  # without times its weights fade by events
            assert bare[name] == pytest.approx(timed[name], nan_ok=True), name


def test_price_is_relative_to_the_category_and_to_what_the_shopper_picks(items):
    found = columns(items, History.of([BREAD]))
    middle = (np.log(2) + np.log(4)) / 2
    assert found["price_in_category"] == pytest.approx(
        [np.log(2) - middle, np.log(4) - middle, 0, np.nan], nan_ok=True
    )
    assert found["price_gap"][[MILK, BREAD]] == pytest.approx([np.log(2) - np.log(4), 0])


def test_what_wins_new_shoppers_and_what_brings_them_back_are_told_apart(items):
    """Everyone has milk and comes back for it; bread is what is new."""
    found = columns(items, History.of([]))
    assert np.argmax(found["first_time_buyers"]) == BREAD
    assert np.argmax(found["repeat_rate"]) == MILK
    first = found["first_time_buyers"]
    assert first[BREAD] - first[CHAMPAGNE] == pytest.approx(np.log(3.01 / 1.01))
    assert found["repeat_rate"][MILK] == pytest.approx(np.log(2.55))


def test_category_counts_what_was_bought_beside_the_item(items):
    found = columns(items, History.of([BREAD, NAILS]))
    assert (
        found["category_share"][MILK] == found["category_share"][BREAD] > found["category_share"][CHAMPAGNE]
    )
    assert np.isnan(found["category_share"][NAILS])  # no category: nothing shared with other such items


@pytest.mark.parametrize("rows", [(), (NAILS,), (MILK, NAILS)])
@pytest.mark.parametrize("history", [History.of([]), History.of([MILK]), History.of([], [], now=5.0)])
def test_nothing_is_no_special_case(items, history, rows):
    matrix = features_of(items, history, np.array(rows, np.int64), np.zeros(len(rows), np.float32))
    assert matrix.shape == (len(rows), len(FEATURES))
    assert not np.isinf(matrix).any()


def test_the_habits_of_shoppers_alike_are_added_to_ones_own(items, monkeypatch):
    monkeypatch.setattr("object2vec.ranker.profiles.FEWEST", 1)
    table = Profiles(
        ["milk", "bread"], np.array([0, 2]), np.array([0, 1], np.int32), np.array([3, 1], np.float16)
    )
    known = replace(items, profiles=table.placed({"milk": MILK, "bread": BREAD}.get, 4))
    untimed = columns(known, History.of([BREAD]))["habit_prior"] * (1 + 1 / 50)
    assert np.exp(untimed) - 1e-3 == pytest.approx([1.5, 1, 0, 0], abs=1e-6)
    timed = columns(known, History.of([BREAD, NAILS], [0, 90 * DAY], now=90 * DAY))["habit_prior"]
    assert np.exp(timed * (1 + 2 / 50)) - 1e-3 == pytest.approx([0.6, 0.6, 0, 0.8], abs=1e-6)


def test_what_follows_the_latest_event_is_added_to_ones_own(items):
    table = Successors(
        ["milk", "bread"], np.array([0, 1, 1]), np.array([1], np.int32), np.array([9.0], np.float32)
    )
    known = replace(items, successors=table.placed({"milk": MILK, "bread": BREAD}.get, 4))
    found = columns(known, History.of([MILK]))
    assert found["follows_share"][BREAD] == pytest.approx(np.log(1 + 1e-4))
    prior = np.exp(found["habit_prior"] * (1 + 1 / 50)) - 1e-3
    assert (prior[BREAD] - prior[NAILS]) == pytest.approx(0.5 * features._FOLLOWING, rel=1e-5)


def test_an_old_event_beyond_the_limit_does_not_count(items):
    longest = [MILK] + [BREAD] * RECENT
    assert columns(items, History.of(longest))["own_count"][MILK] == 0


def test_a_clock_behind_an_event_makes_no_negative_age(items):
    ahead = History.of([MILK], [10 * DAY], now=0)
    assert columns(items, ahead)["own_last_day"][MILK] == 0


def test_a_shop_without_prices_categories_and_interactions_has_features_too():
    items = item_facts(
        categories=np.full(2, -1),
        prices=np.full(2, np.nan),
        copurchase=Copurchase.empty().placed({}.get, 2),
        profiles=Profiles.empty().placed({}.get, 2),
        successors=Successors.empty().placed({}.get, 2),
        statistics=dict.fromkeys(STATISTICS, np.zeros(2)),
    )
    found = columns(items, History.of([0]), rows=(0, 1))
    assert np.isnan(found["price_in_category"]).all()
    assert found["popularity"] == pytest.approx([0, 0])
    assert found["first_time_buyers"] == pytest.approx([0, 0])
    assert found["copurchase"] == pytest.approx([0, 0])
    assert found["habit_prior"][0] > found["habit_prior"][1]
    assert found["own_count"][0] > found["own_count"][1]
