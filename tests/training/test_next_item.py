"""What the next-item task puts into a batch, on histories where it can be told by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from object2vec.core.time import DAY_S
from object2vec.model.retrieval.forward import Bags, pool_sessions
from object2vec.training.dataset import Interactions, read_dataset
from object2vec.training.features import ItemFeatures
from object2vec.training.tasks import candidates
from object2vec.training.tasks.losses import softmax_loss
from object2vec.training.tasks.next_item import NextItemSettings, NextItemTask


def _events(*users: list[int], values: list[float] | None = None) -> Interactions:
    """One event a basket; users' items in order."""
    owner = np.repeat(np.arange(len(users)), [len(items) for items in users])
    return Interactions(
        owner,
        np.concatenate([np.array(items) for items in users]),
        np.arange(len(owner)),
        None if values is None else np.array(values, np.float32),
    )


def _task(events: Interactions, neighbours=None, **settings) -> NextItemTask:
    items = 10
    nothing = Bags(np.empty(0, np.int32), np.empty(0, np.float32), np.zeros(1, np.int64))
    texts, rows = np.zeros(items, np.int64), np.arange(items) + 1
    features = ItemFeatures(words=nothing, text_of=texts, row_of=rows, content=nothing, content_of=texts)
    defaults = {
        "batch_size": 64,
        "negatives": 0,
        "max_history": 3,
        "half_lives": [1.0, 1e9],
        "id_dropout": 0.0,
        "temperature": 1.0,
        "value_power": 0.0,
        "ordered": True,
    }
    return NextItemTask(
        events,
        features,
        NextItemSettings(**(defaults | settings)),
        neighbours=neighbours,
        rng=np.random.default_rng(0),
    )


def _sessions(batch) -> dict[int, np.ndarray]:
    """Weights (S, items) of each session, by the item that is to be found from it."""
    scales = 2
    found = {}
    flat = batch.weights.view(-1, scales, batch.weights.shape[-1])
    for row, session in enumerate(batch.sessions.tolist()):
        column = int(batch.positive[row].nonzero()[0, 0])
        window = session // (batch.weights.shape[1] // scales)
        weights = np.zeros((scales, 10))
        for place, item in enumerate(batch.events[window].tolist()):
            weights[:, item] += flat[session][:, place].numpy()
        found[int(batch.candidates[column])] = weights
    return found


def test_a_session_weighs_its_items_by_age_on_every_scale():
    (batch,) = _task(_events([0, 1, 2, 3, 4])).epoch()
    sessions = _sessions(batch)
    assert set(sessions) == {1, 2, 3, 4}
    np.testing.assert_allclose(sessions[2][0, :2], [1 / 3, 2 / 3], rtol=1e-6)
    np.testing.assert_allclose(sessions[2][1, :2], [1 / 2, 1 / 2], rtol=1e-6)
    np.testing.assert_allclose(sessions[4][1], [0, 1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0, 0, 0], rtol=1e-6)


def test_training_pools_sessions_as_the_encoder_does():
    (batch,) = _task(_events([0, 1, 2, 3, 4])).epoch()
    vectors = np.random.default_rng(1).normal(size=(10, 6)).astype(np.float32)
    expected = pool_sessions(vectors, [np.array([1, 2, 3])], [1.0, 1e9])[0]
    np.testing.assert_allclose((_sessions(batch)[4] @ vectors).ravel(), expected, rtol=1e-5)


def test_what_a_user_had_is_no_negative_where_nobody_comes_back():
    (batch,) = _task(_events([0, 1, 2, 3], [3, 0, 1, 2]), max_history=9).epoch()
    left_out = {frozenset(row.nonzero().flatten().tolist()) for row in batch.ignored}
    assert left_out == {frozenset(had) for had in ([0], [0, 1], [0, 1, 2], [3], [0, 3], [0, 1, 3])}
    assert not (batch.ignored & batch.positive).any()


def test_what_is_near_is_no_negative_where_it_was_had_or_is_to_be_found(monkeypatch):
    monkeypatch.setattr(candidates, "_FULL_SOFTMAX", 0)
    events = _events([0, 1, 2, 3], [3, 0, 1, 2], [4, 5])
    places = np.array([[1, 2], [0, 2], [1, 3], [2, 4], [5, 0], [4, 3]])  # of the six items: 0 and 2 near 1 …
    (batch,) = _task(events, max_history=9, neighbours=lambda _: places).epoch()
    assert batch.candidates.tolist() == [0, 1, 2, 3, 4, 5]  # 4 is never to be found, but near 3
    told_from = [frozenset(row.nonzero().flatten().tolist()) for row in ~(batch.ignored | batch.positive)]
    had_and_found = [[0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 3], [0, 1, 3], [0, 1, 2, 3], [4, 5]]
    assert set(told_from) == {frozenset(range(6)) - set(known) for known in had_and_found}
    assert (batch.log_inclusion < 0).all()


def test_where_users_come_back_nothing_is_left_out():
    back = _events([0, 1, 0, 1], [2, 2, 2, 3])
    (batch,) = _task(replace(back, times=back.times * DAY_S)).epoch()
    assert batch.ignored is None


def test_ratings_weigh_what_is_to_be_found():
    (batch,) = _task(_events([0, 1, 2, 3], values=[4, 2, 8, np.nan]), value_power=1.0).epoch()
    assert batch.importance[batch.positive].tolist() == [0.5, 2.0, 1.0]


def test_an_even_loss_is_the_mean_and_weights_shift_it():
    logits, positive = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.eye(2, dtype=torch.bool)
    first, second = np.log1p(np.exp(-2)), np.log1p(np.exp(-1))
    weights = torch.tensor([[3.0, 0.0], [0.0, 1.0]])
    assert softmax_loss(logits, positive, None, weights).item() == pytest.approx((3 * first + second) / 4)


def test_without_an_order_any_part_of_a_set_finds_the_rest():
    events = _events([5, 6, 7], [8], [1, 2])
    names = np.array([1, 2, 5, 6, 7, 8])  # what occurs, in the order of the candidates
    splits = {
        (frozenset(names[had.numpy()].tolist()), frozenset(names[found.numpy()].tolist()))
        for batch in _task(events, ordered=False, half_lives=[1e9]).epoch()
        for had, found in zip(batch.ignored, batch.positive, strict=True)
    }
    assert {had | found for had, found in splits} == {frozenset({5, 6, 7}), frozenset({1, 2})}
    assert {len(had) for had, found in splits if 5 in had | found} == {1, 2}
    assert len({found for _, found in splits}) > 3


def test_event_values_come_with_the_dataset(tmp_path):
    from tests.helpers.shops import two_clusters

    dataset = read_dataset(two_clusters(tmp_path / "data", texts=True))
    assert (dataset.train.values == 1).all()
    assert (dataset.train.merged(dataset.validation).values == 1).all()


def test_what_people_are_against_is_told_apart_from_what_they_take():
    """Nobody's next item, so every session moves away from it."""
    events = replace(_events([0, 1, 2], [1, 2, 3]), against=np.array([9, 9, 8]))
    (batch,) = _task(events).epoch()
    (usual,) = _task(_events([0, 1, 2], [1, 2, 3])).epoch()
    assert batch.positive.shape[1] == usual.positive.shape[1] + 2
    assert not batch.positive[:, -2:].any()
