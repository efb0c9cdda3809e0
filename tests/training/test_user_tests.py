"""Lists against what shoppers took next, where one of the views has nobody to measure."""

import numpy as np

from object2vec.training.evaluation.results import Results, UserTest
from object2vec.training.holdouts import Holdout
from object2vec.training.ranking_metrics import View


def test_where_nobody_took_anything_new_the_rest_is_measured():
    had = [np.array([0, 1]), np.array([1, 2])]
    held_out = Holdout(had, [np.ones(2, np.float32)] * 2, [np.array([1]), np.array([2])])
    every = np.ones(3, np.bool_)
    results, views = Results(), [View("", every, False), View("new", every, True)]
    UserTest("next_item", held_out, views).add(
        results, "model", lambda users: np.eye(3, dtype=np.float32)[users]
    )
    assert results.measured("next_item").count == 2
    assert results.measured("new") is None
