import numpy as np
import pytest

from object2vec.ranker.closest import LATELY, closest
from object2vec.ranker.history import History

VECTORS = np.array([[1, 0], [0.8, 0.6], [0, 1], [-1, 0]], np.float32)
ALL = np.arange(4)


def near(history, rows=ALL):
    return closest(lambda at: VECTORS[at], History.of(history), np.array(rows))


def test_a_candidate_is_as_close_as_the_nearest_other_item_had():
    assert near([0, 3, 0]) == pytest.approx([-1, 0.8, 0, -1])
    assert near([1], [0, 2]) == pytest.approx([0.8, 0.6])


def test_nothing_is_close_without_another_item():
    assert near([1]) == pytest.approx([0.8, np.nan, 0.6, -0.8], nan_ok=True)
    assert np.isnan(near([])).all()
    assert near([0], []).shape == (0,)


def test_what_was_long_ago_is_forgotten():
    assert near([0] + [2] * LATELY)[1] == pytest.approx(0.6)
