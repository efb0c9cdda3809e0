"""Whether people buy again: one rule for what is learned, judged and served."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from object2vec.core.time import DAY_S
from object2vec.ranker.repurchase import LEAST, people_return
from object2vec.training.dataset import Interactions

EVENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3 * DAY_S)), max_size=40)


def columns(events):
    return (np.array([event[at] for event in events], np.int64) for at in range(3))


@given(EVENTS)
def test_it_is_the_share_of_days_on_which_somebody_buys_a_thing_again(events):
    users, items, times = columns(events)
    spread = max((time for *_, time in events), default=0) - min((time for *_, time in events), default=0)
    day = DAY_S if spread >= 2 * DAY_S else 1
    days = {(user, item, time // day) for user, item, time in events}
    pairs = {(user, item) for user, item, _ in days}
    assert people_return(users, items, times, np.ones(len(events))) == (
        len(days) - len(pairs) > LEAST * len(days)
    )


@given(EVENTS)
def test_a_training_has_the_same_rule(events):
    users, items, times = columns(sorted(events))
    log = Interactions(users, items, times)
    assert log.people_return() == people_return(users, items, times, np.ones(len(events)))


def test_who_looks_at_a_film_again_does_not_buy_it_again():
    users, items = np.zeros(6, np.int64), np.zeros(6, np.int64)
    looks_then_buys = np.array([0.2] * 5 + [1.0], np.float32)
    log = Interactions(users, items, np.arange(6) * DAY_S, liking=looks_then_buys)
    assert not log.people_return()
    assert Interactions(users, items, np.arange(6) * DAY_S).people_return()


def test_numbers_of_orders_are_times_too():
    users, items = np.zeros(20, np.int64), np.tile([0, 1], 10)
    assert people_return(users, items, np.repeat(np.arange(10), 2), np.ones(20))
