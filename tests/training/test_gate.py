"""What the gate decides on, with values of every shopper that leave one right answer."""

import numpy as np
import pytest

from object2vec.training.evaluation.gate import QUERIES, SESSIONS, TEXT, USERS, Evidence, judge
from object2vec.training.evaluation.intervals import Measured

MANY, FEW = 400, 6


def around(mean, count=MANY, *, spread=0.1, seed=0):
    """Values of shoppers, the same noise for equal seeds: paired, only the means differ."""
    noise = np.random.default_rng(seed).normal(0, spread, count)
    return mean + noise - noise.mean()


def shoppers(count=MANY, *, noisy=(), **means):
    """Values by system; those in `noisy` differ from the others shopper by shopper."""
    names = {"ranker": "model+ranker", "live_ranker": "live+ranker"}
    return Measured({
        names.get(name, name): around(mean, count, seed=1 if name in noisy else 0)
        for name, mean in means.items()
    })  # fmt: skip


def queries(count=MANY, **means):
    names = {"fused": "bm25+model", "live": "bm25+live", "words": "bm25"}
    return Measured({names[name]: around(mean, count) for name, mean in means.items()})


def behaviour(test, **more):
    return judge(Evidence({USERS: test}, live_is_seed=False, shoppers=MANY, **more))


def test_a_better_model_passes_and_the_paragraph_has_the_numbers():
    verdict = behaviour(shoppers(model=0.30, live=0.25, popularity=0.1))
    assert (verdict.passed, verdict.decision) == (True, "better")
    assert "400 shoppers who came back" in verdict.reason
    assert "Against the live model (0.2500) that is +0.0500 (+0.0500 to +0.0500)" in verdict.reason


def test_a_model_that_is_worse_beyond_chance_is_refused():
    verdict = behaviour(shoppers(model=0.24, live=0.25, popularity=0.1))
    assert (verdict.passed, verdict.decision) == (False, "worse")
    assert verdict.reason.startswith(
        "refused: The new model is worse than the live model, by more than chance."
    )


def test_a_difference_that_may_be_chance_within_the_margin_passes():
    verdict = behaviour(shoppers(model=0.249, live=0.25, popularity=0.1, noisy=("model",)))
    assert (verdict.passed, verdict.decision) == (True, "no worse")
    assert "which may be chance" in verdict.reason


def test_below_the_margin_chance_is_no_excuse():
    verdict = behaviour(shoppers(model=0.24, live=0.25, popularity=0.1, noisy=("model",)))
    assert (verdict.passed, verdict.decision) == (False, "not good enough")
    assert verdict.reason.startswith("refused: The new model is behind the live model by more than 2%")


def test_what_is_below_the_popular_list_is_refused():
    verdict = behaviour(shoppers(model=0.3, live=0.2, popularity=0.31))
    assert (verdict.passed, verdict.decision) == (False, "not good enough")
    assert verdict.reason.startswith("refused: The new model is behind the most popular items. 400 shoppers")
    assert "Against the most popular items (0.3100)" in verdict.reason


def test_a_lost_ranker_does_not_pass():
    """The model is better than the live one, but what is served is not: its ranker was not kept."""
    served = shoppers(model=0.39, live=0.38, live_ranker=0.46, popularity=0.1)
    assert not behaviour(served).passed
    assert behaviour(shoppers(model=0.37, ranker=0.47, live=0.38, live_ranker=0.46, popularity=0.1)).passed


def test_shoppers_of_few_events_count_apart():
    overall = shoppers(model=0.30, live=0.25, popularity=0.1)
    worse = {1: shoppers(model=0.04, live=0.09, popularity=0.1), 50: overall}
    verdict = behaviour(overall, segments=worse)
    assert not verdict.passed
    assert "clearly better for shoppers with 1 known event" in verdict.reason
    assert "1: 0.0400 against 0.1000; 50: 0.3000 against 0.1000" in verdict.reason
    too_few = behaviour(overall, segments={1: shoppers(FEW, model=0.04, live=0.09, popularity=0.1)})
    assert too_few.passed
    assert "known of a shopper" not in too_few.reason


@pytest.mark.parametrize("means", [{"model": 0.9, "live": 0.1}, {"model": 0.1, "live": 0.9}])
def test_six_shoppers_decide_nothing(means):
    test = shoppers(FEW, **means, popularity=0.2)
    search = queries(fused=0.6, live=0.5, words=0.5)
    by_search = judge(Evidence({USERS: test, TEXT: search}, shoppers=FEW, live_is_seed=False))
    assert by_search.passed
    assert "Only 6 shoppers could be measured: too few to tell" in by_search.reason
    assert "Search decides" in by_search.reason
    trained = judge(Evidence({USERS: test}, shoppers=FEW, live_is_seed=False))
    assert (trained.passed, trained.decision) == (False, "too few to tell")
    assert judge(Evidence({USERS: test}, shoppers=FEW, live_is_seed=True)).passed


def test_a_small_shop_gets_its_first_model_unless_search_is_clearly_worse():
    """Thirty queries cannot tell a loss of a tenth from luck: the same shop passed once and once not."""
    few = {USERS: shoppers(16, model=0.3, live=0.2, popularity=0.1)}
    lucky = {"bm25+model": around(0.36, 30, spread=0.3, seed=1), "bm25": around(0.4, 30, spread=0.3)}
    perhaps = few | {TEXT: Measured(lucky | {"bm25+live": lucky["bm25"]})}
    first = judge(Evidence(perhaps, shoppers=40, live_is_seed=True))
    assert (first.passed, first.decision) == (True, "no worse")
    assert "a loss that may be chance does not keep it" in first.reason
    assert not judge(Evidence(perhaps, shoppers=40, live_is_seed=False)).passed
    assert not judge(Evidence({TEXT: perhaps[TEXT]}, live_is_seed=True)).passed  # a catalogue alone
    worse = few | {TEXT: queries(fused=0.36, live=0.4, words=0.4)}
    assert not judge(Evidence(worse, shoppers=40, live_is_seed=True)).passed


def test_interactions_that_could_not_be_measured_never_pass_as_texts():
    search = queries(fused=0.6, live=0.5, words=0.5)
    verdict = judge(Evidence({TEXT: search}, shoppers=MANY, live_is_seed=True))
    assert (verdict.passed, verdict.decision) == (False, "not measured")
    assert "TIMESTAMP" in verdict.reason
    assert judge(Evidence({TEXT: search}, shoppers=0, live_is_seed=True)).passed


def test_a_handful_of_very_many_shoppers_is_a_fault_of_the_times_and_of_few_a_small_shop():
    some = {USERS: shoppers(12, model=0.5, live=0.2, popularity=0.1)}
    search = {TEXT: queries(fused=0.6, live=0.5, words=0.5)}
    fault = judge(Evidence(some | search, shoppers=3_000, live_is_seed=False))
    assert (fault.passed, fault.decision) == (False, "not measured")
    assert "3,000 shoppers have several interactions, but 12 of them" in fault.reason
    small = judge(Evidence(some | search, shoppers=100, live_is_seed=False))
    assert small.passed
    assert "Only 12 shoppers could be measured" in small.reason


def test_sessions_decide_where_nobody_comes_back():
    sessions = shoppers(model=0.3, live=0.2, popularity=0.1)
    verdict = judge(Evidence({SESSIONS: sessions}, shoppers=MANY, live_is_seed=False))
    assert verdict.passed
    assert "400 sessions" in verdict.reason


def test_a_saturated_test_decides_nothing():
    full = queries(fused=0.99, live=1.0, words=1.0)
    assert judge(Evidence({TEXT: full}, live_is_seed=True)).passed
    stays = judge(Evidence({TEXT: full}, live_is_seed=False))
    assert (stays.passed, stays.decision) == (False, "nothing to tell from")
    assert "Every system finds nearly every text" in stays.reason
    log = queries(fused=0.4, live=0.5, words=0.5)
    assert not judge(Evidence({QUERIES: full, TEXT: log}, live_is_seed=True)).passed


@pytest.mark.parametrize(
    ("means", "passed"),
    [
        ({"fused": 0.6, "live": 0.5, "words": 0.55}, True),
        ({"fused": 0.54, "live": 0.5, "words": 0.55}, False),
        ({"fused": 0.6, "live": 0.7, "words": 0.55}, False),
    ],
)
def test_a_catalogue_alone_is_judged_by_search(means, passed):
    verdict = judge(Evidence({TEXT: queries(**means)}, live_is_seed=False))
    assert verdict.passed == passed
    assert (" behind words alone" in verdict.reason) == (means["fused"] < means["words"])
    assert ("worse than search with the live one" in verdict.reason) == (means["fused"] < means["live"])
    assert "Against words alone (BM25) (0.5500)" in verdict.reason


def test_the_search_log_comes_before_queries_that_were_made_up():
    found = {QUERIES: queries(fused=0.5, live=0.4, words=0.3), TEXT: queries(fused=0.1, live=0.9, words=0.9)}
    verdict = judge(Evidence(found, live_is_seed=False))
    assert verdict.passed
    assert "400 queries of the search log" in verdict.reason


def test_nothing_to_measure_is_said():
    verdict = judge(Evidence({}, live_is_seed=True))
    assert verdict.passed
    assert verdict.reason.startswith("passed: unmeasured")
    assert not judge(Evidence({}, live_is_seed=False)).passed


def test_an_interval_holds_the_mean_and_pairs_the_users():
    test = shoppers(model=0.3, live=0.2)
    low, high = test.interval("model")
    assert low < 0.3 < high
    difference = test.difference("model", "live")
    assert difference.low == pytest.approx(0.1, abs=1e-6)  # the noise is the same: it cancels
    assert difference.high == pytest.approx(0.1, abs=1e-6)
