from dataclasses import replace

import numpy as np
import orjson
import pytest

from object2vec.ranker.features import FEATURES
from object2vec.ranker.forest import MAX_LEAVES, Forest
from object2vec.ranker.history import History
from object2vec.ranker.successors_fit import fit_successors
from object2vec.training.ranker.examples import Examples, examples, history_of, ranker_scorer
from object2vec.training.ranker.learn import fit_ranker, learning_rate
from object2vec.training.ranker.verdict import judged, may_be_chance
from tests.helpers.shoppers import holdout, item, rebuyers, shelf, thrifty


@pytest.fixture(scope="module")
def shop():
    return shelf()


def best(shop, forest, history, *, among=lambda row: True):
    rows, matrix = shop.features(history)
    scores = forest.predict(matrix)
    return max((score, row) for score, row in zip(scores, rows, strict=True) if among(row))[1]


def test_who_always_buys_the_same_gets_it_again(shop):
    forest, verdict = fit_ranker(shop, rebuyers(np.random.default_rng(0), 300))
    assert verdict.kept
    assert verdict.reason.startswith("ndcg@10 of 32 shoppers: "), "those held out are enough to tell"
    assert verdict.ranker > 0.95 > verdict.model
    fresh = rebuyers(np.random.default_rng(1), 20)
    for user in range(len(fresh)):
        for timed in (True, False):
            assert best(shop, forest, history_of(fresh, user, timed=timed)) == fresh.relevant[user][0]


def test_who_minds_the_price_gets_new_things_at_that_price(shop):
    forest, verdict = fit_ranker(shop, thrifty(np.random.default_rng(0), 600))
    assert verdict.kept
    assert verdict.ranker_new > verdict.model_new
    cheap, dear = ([item(category, price) for category in range(3)] for price in (0, 3))
    for history, price in ((cheap, 0), (dear, 3)):
        past = History.of(history)
        new = best(shop, forest, past, among=lambda row, past=past: row not in past.rows)
        assert new % 4 == price


def test_a_ranker_that_is_no_better_than_the_model_is_not_kept(shop):
    """What follows are the items the model finds most similar, and nothing else."""
    categories = [number % 6 for number in range(150)]
    same = [[item(category, price) for price in range(4)] for category in categories]
    forest, verdict = fit_ranker(shop, holdout([row[:1] for row in same], same))
    assert (verdict.model, verdict.model_new) == (1.0, 1.0)
    assert (forest, verdict.kept) == (None, False)
    assert verdict.reason.startswith("ndcg@10 of 128 shoppers: "), "too few to tell: the others are asked"
    assert "without 1.0000" in verdict.reason


def test_short_histories_are_learned_from_as_such(shop):
    """With all that is known the habit follows; after one click another item of its kind, never the same."""
    rng = np.random.default_rng(0)
    clicks = rng.integers(24, size=300)
    short = replace(
        holdout(clicks[:, None].tolist(), [[c // 4 * 4 + (c + 1) % 4] for c in clicks]), timed=False
    )
    forest, verdict = fit_ranker(shop, rebuyers(rng, 300), short=short)
    assert verdict.kept
    assert verdict.ranker_short > verdict.popular_short
    assert "of short histories" in verdict.reason
    fresh = rebuyers(np.random.default_rng(1), 20)
    assert all(best(shop, forest, history_of(fresh, u)) == fresh.relevant[u][0] for u in range(20))
    for click in range(24):
        taken = best(shop, forest, History.of([click]))
        assert (taken // 4, taken != click) == (click // 4, True)


def test_where_nobody_comes_back_sessions_decide(shop):
    """Of sessions alone, with no shopper known from before."""
    clicks = np.random.default_rng(0).integers(24, size=300)
    short = replace(
        holdout(clicks[:, None].tolist(), [[c // 4 * 4 + (c + 1) % 4] for c in clicks]), timed=False
    )
    forest, verdict = fit_ranker(shop, holdout([], []), short=short)
    assert verdict.kept
    assert verdict.ranker > verdict.model
    assert best(shop, forest, History.of([5])) != 5


def test_what_followed_an_item_in_the_log_follows_it_again():
    """Seven places further: only the log's order tells that it is not seven places back."""
    log = np.stack([np.arange(24), np.arange(24) + 7], axis=1) % 24
    ids = [item.id for item in shelf().items]
    shop = shelf(successors=fit_successors(ids, np.repeat(np.arange(24), 2), log.ravel()))
    had = np.random.default_rng(0).permutation(np.tile(np.arange(24), 10))
    forest, verdict = fit_ranker(shop, holdout([[h] for h in had], [[(h + 7) % 24] for h in had]))
    assert verdict.kept
    assert all(best(shop, forest, History.of([row])) == (row + 7) % 24 for row in range(24))


def test_nothing_is_learned_about_what_is_not_served_again(shop):
    users = rebuyers(np.random.default_rng(0), 9)
    every, unseen = (examples(shop, users, unseen=kept) for kept in (False, True))
    assert every.repeats.any()
    assert not unseen.repeats.any()
    assert len(unseen.matrix) == unseen.sizes.sum() == (~every.repeats).sum()
    assert np.array_equal(unseen.matrix, every.matrix[~every.repeats], equal_nan=True)
    assert fit_ranker(shop, rebuyers(np.random.default_rng(0), 120), unseen=True)[1].reason == (
        "no shopper took any of the candidates"
    )


def test_nothing_to_learn_from_is_said(shop):
    forest, verdict = fit_ranker(shop, rebuyers(np.random.default_rng(0), 20))
    assert forest is None
    assert verdict.reason == "20 shoppers came back after the training period: too few to learn from"
    strangers = holdout([[0]] * 120, [[99]] * 120)
    assert fit_ranker(shop, strangers)[1].reason == "no shopper took any of the candidates"
    assert orjson.loads(orjson.dumps(verdict.record()))["kept"] is False


def test_equal_seeds_learn_equal_rankers(shop):
    users = rebuyers(np.random.default_rng(0), 150)
    first, second = (fit_ranker(shop, users, seed=7)[0] for _ in range(2))
    assert (first.leaves == second.leaves).all()
    assert (first.node_threshold == second.node_threshold).all()


def test_the_scorer_puts_candidates_first(shop):
    users = rebuyers(np.random.default_rng(0), 150)
    forest, _ = fit_ranker(shop, users)
    scores = ranker_scorer(shop, forest, users)(np.arange(5))
    assert scores.shape == (5, 24)
    for user, row in enumerate(scores):
        rows, _ = shop.candidates(history_of(users, user))
        assert set(np.flatnonzero(np.isfinite(row))) == set(rows)


def by_popularity():
    """A ranker of one question: whether an item is popular."""
    leaves = np.zeros((1, MAX_LEAVES), np.float32)
    leaves[0, 1] = 1
    at, first = np.zeros(1, np.int32), np.array([0xFFFE], np.uint16)
    popularity = np.full(1, FEATURES.index("popularity"), np.int32)
    return Forest(FEATURES, at, popularity, np.zeros(1, np.float32), np.ones(1, np.bool_), first, leaves)


@pytest.mark.parametrize(("often", "kept"), [(0.0, True), (5.0, False)])
def test_a_ranker_that_counting_purchases_beats_is_not_kept(often, kept):
    """Of three own items the first is taken; the model puts it last, the ranker second."""
    matrix = np.full((3, len(FEATURES)), np.nan, np.float32)
    matrix[:, FEATURES.index("similarity")] = 0.1, 0.2, 0.3
    matrix[:, FEATURES.index("popularity")] = -1, 1, -1
    matrix[:, FEATURES.index("own_recent_days")] = np.log([often + 0.01, 1.01, 1.01])
    taken = np.array([True, False, False])
    seen = Examples(matrix, taken, np.ones(3, np.bool_), np.array([3]), np.array([1]))
    verdict = judged(seen, by_popularity().predict(matrix), np.array([True]))
    assert (verdict.habit == 1.0) == (not kept)
    assert verdict.kept == kept
    assert verdict.model == 0.5


def test_a_few_shoppers_who_disagree_cannot_tell():
    """Each of them had two items and takes one again; the model puts it second."""
    people, better = 40, np.tile([0.0, 1.0], 40).astype(np.float32)
    matrix = np.zeros((2 * people, len(FEATURES)), np.float32)
    matrix[:, FEATURES.index("similarity")] = np.tile([1.0, 0.0], people)
    taken = np.tile([False, True], people)
    twos, ones = np.full(people, 2), np.ones(people, np.int64)
    seen = Examples(matrix, taken, np.ones(2 * people, np.bool_), twos, ones)
    everyone = ones.astype(np.bool_)
    assert not may_be_chance(seen, better, everyone)
    worse = matrix[:, FEATURES.index("similarity")].copy()
    worse[:4] = better[:4]
    assert not may_be_chance(seen, worse, everyone[:] & (np.arange(people) < 2))
    assert may_be_chance(seen, worse, everyone)
    assert may_be_chance(seen, better, ~everyone)


def test_few_purchases_are_learned_from_in_small_steps():
    rates = [learning_rate(purchases) for purchases in (0, 10_000, 20_000, 50_000, 10_000_000)]
    assert rates == sorted(rates)
    assert (rates[0], rates[1], rates[3], rates[4]) == pytest.approx((0.03, 0.03, 0.1, 0.1))
