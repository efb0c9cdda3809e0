"""The protocol of the toys benchmark and its counting peers, on histories where they can be told by hand."""

import duckdb
import numpy as np
import pytest

from benchmarks.next_item import write_log
from benchmarks.peers.counted_sequences import cosine_neighbours, directed_counts, recent_scorer
from benchmarks.peers.sasrec import sasrec
from benchmarks.toys_next import split_of, users_of
from object2vec.training.ranker.job import INTERACTIONS

HISTORIES = [np.array([0, 1, 2, 3]), np.array([4, 1, 2, 0])]


def test_the_last_item_is_to_be_found_and_stops_nothing():
    split = split_of(HISTORIES, 5)
    assert split.test.items.tolist() == [3, 0]
    assert split.validation.items.tolist() == [2, 2]
    assert split.train.items.tolist() == [0, 1, 4, 1]
    users = users_of(split)
    assert [history.tolist() for history in users.histories] == [[0, 1, 2], [4, 1, 2]]


def test_what_is_tuned_on_does_not_hold_the_last_item():
    inner = split_of(HISTORIES, 5, inner=True)
    assert inner.test.items.tolist() == [2, 2]
    assert inner.validation.items.tolist() == [1, 1]
    held = np.concatenate([inner.train.items, inner.validation.items, inner.test.items])
    assert sorted(held.tolist()) == [0, 1, 1, 2, 2, 4]


def test_the_ranker_reads_what_was_known_before_the_test_in_order(tmp_path):
    unlike = [np.array([0, 1, 2, 3]), np.array([2, 0])]
    split = split_of(unlike, 4)
    write_log(split, tmp_path)
    for name, events in (
        ("train", [("0", "0", 0), ("0", "1", 1)]),
        ("validation", [("0", "2", 2), ("1", "2", 2)]),
    ):
        table = duckdb.read_parquet(str(tmp_path / name / INTERACTIONS))
        assert (
            table.select("user_id", "item_id", "timestamp").order("user_id, timestamp").fetchall() == events
        )
        assert set(table.select("weight").fetchall()) == {(1.0,)}


def test_directed_counts_know_who_came_first():
    counts = directed_counts(HISTORIES, 5, reach=2, power=1.0).toarray()
    assert counts[1, 2] == 2
    assert counts[2, 1] == 0
    assert counts[0, 2] == pytest.approx(0.5)
    assert counts[0, 3] == 0
    assert counts[3, 4] == 0  # of another person


def test_neighbours_have_the_same_buyers():
    cosine = cosine_neighbours(HISTORIES, 5).toarray()
    assert cosine[1, 2] == pytest.approx(1)
    assert cosine[1, 3] == pytest.approx(2**-0.5)
    assert not cosine.diagonal().any()
    np.testing.assert_allclose(cosine, cosine.T, atol=1e-6)


def test_recent_items_count_more():
    scorer = recent_scorer(directed_counts(HISTORIES, 5, reach=1, power=1.0), HISTORIES, half_life=1.0)
    scores = scorer(np.array([0]))[0]
    assert scores[3] == pytest.approx(0.5)  # after 2, one item ago
    assert scores[2] == pytest.approx(2 * 0.25)


def test_sasrec_learns_a_cycle():
    rng = np.random.default_rng(0)
    cycles = [(np.arange(6) + start) % 12 for start in rng.integers(0, 12, 200)]
    scorer = sasrec(
        cycles, [np.array([3, 4, 5])], 12, seed=0, epochs=15, dim=16, dropout=0.1, learning_rate=5e-3
    )
    assert scorer(np.array([0]))[0].argmax() == 6
