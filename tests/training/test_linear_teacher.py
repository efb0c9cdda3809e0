"""The linear teacher: what it says of sessions, and where the next-item task asks it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from object2vec.core.time import DAY_S
from object2vec.training.dataset import Interactions, read_dataset
from object2vec.training.fit import fit
from object2vec.training.hyperparameters import Hyperparameters
from object2vec.training.tasks import candidates, linear_teacher
from object2vec.training.tasks.linear_teacher import LinearTargets, LinearTeacher
from tests.helpers.shops import two_clusters
from tests.training.test_next_item import _events, _task

POOL = np.array([2, 3, 5, 7])
"""Items 2 and 3 belong together, and so do 5 and 7."""


def log(users=400):
    of_user = [POOL[:2] if user % 2 else POOL[2:] for user in range(users)]
    users_of = np.repeat(np.arange(users), 2)
    return Interactions(users_of, np.concatenate(of_user), np.zeros(len(users_of), np.int64))


def advice(had, weights, ignored):
    teacher = LinearTeacher(log(), POOL, weight=0.5)
    return teacher.targets(torch.tensor(had), torch.tensor(weights), torch.tensor(ignored))


def test_it_holds_most_what_goes_with_the_session():
    ignored = [[True, False, False, False], [False, False, False, True]]
    said = advice([[0], [3]], [[1.0], [1.0]], ignored)
    assert said.shares.argmax(dim=1).tolist() == [1, 2]
    assert said.shares.sum(dim=1).numpy() == pytest.approx(np.ones(2))
    assert not said.shares[torch.tensor(ignored)].any()


def test_events_count_by_their_weight():
    nothing = [[False] * 4] * 3
    said = advice([[0, 3]] * 3, [[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]], nothing)
    assert said.shares[:, 1].diff().max() < 0 < said.shares[:, 2].diff().min()


def test_of_many_users_some_are_counted(monkeypatch):
    monkeypatch.setattr(linear_teacher, "MOST_USERS", 200)
    counted = advice([[0], [2]], [[1.0], [1.0]], [[False] * 4] * 2)  # every second user is one with 5 and 7
    assert counted.shares[1].argmax() == 3
    assert counted.shares[0].max() == pytest.approx(counted.shares[0].min())


def test_padding_says_nothing():
    nothing = [[False] * 4] * 2
    padded = advice([[0, 3], [0, 0]], [[1.0, 0.0], [1.0, 0.0]], nothing)
    assert padded.shares[0].numpy() == pytest.approx(padded.shares[1].numpy())


def test_a_session_that_had_everything_is_left_out():
    said = advice([[0], [0]], [[1.0], [1.0]], [[True] * 4, [True, False, True, True]])
    assert said.sessions.tolist() == [1]
    assert said.shares.tolist() == [[0, 1, 0, 0]]
    assert advice([[0]], [[1.0]], [[True] * 4]) is None


def test_the_loss_is_least_where_the_model_agrees():
    shares = torch.tensor([[0.7, 0.3, 0.0]])
    ignored = torch.tensor([[False, False, False], [False, False, True]])
    said = LinearTargets(torch.tensor([1]), shares, weight=2.0)
    entropy = -(0.7 * np.log(0.7) + 0.3 * np.log(0.3))
    agreeing = torch.log(torch.tensor([[0.5, 0.2, 0.3], [0.7, 0.3, 5.0]]))
    assert said.loss(agreeing, ignored).item() == pytest.approx(2 * entropy, rel=1e-5)
    logits = torch.zeros(2, 3, requires_grad=True)
    said.loss(logits, ignored).backward()
    assert logits.grad[1].tolist() == pytest.approx([2 * (0.5 - 0.7), 2 * (0.5 - 0.3), 0.0])
    assert not logits.grad[0].any()


SETS = {"half_lives": [1e9], "ordered": False}


def test_the_task_asks_about_what_is_left_of_a_set():
    for batch in _task(_events([0, 1, 2, 3], [3, 2, 1, 0]), **SETS, linear_teacher=1.0).epoch():
        assert batch.linear_targets.shares.shape == (2, 4)
        assert (batch.linear_targets.shares > 0).equal(~batch.ignored)
    assert all(batch.linear_targets is None for batch in _task(_events([0, 1, 2, 3]), **SETS).epoch())


def test_it_is_not_asked_about_sequences():
    (batch,) = _task(_events([0, 1, 2, 3], [3, 2, 1, 0]), linear_teacher=1.0).epoch()
    assert batch.linear_targets is None


def test_a_model_learns_from_it_as_well(tmp_path, seed_folder):
    dataset = read_dataset(two_clusters(tmp_path / "data", texts=False))
    settings = Hyperparameters(enc_dim=16, epochs=1, mini_batch_size=64, time_limit=1e4, session_order="any")
    taught, _ = fit(dataset, seed_folder, tmp_path / "taught", settings.replace(linear_teacher=1.0))
    alone, _ = fit(dataset, seed_folder, tmp_path / "alone", settings.replace(linear_teacher=0.0))
    assert taught.version != alone.version
    assert taught.metrics["losses"]["next_item"] > alone.metrics["losses"]["next_item"]  # theirs together


def test_it_is_not_asked_where_users_come_back():
    back = _events([0, 1, 0, 1], [2, 2, 2, 3])
    back = replace(back, times=back.times * DAY_S)
    assert all(batch.linear_targets is None for batch in _task(back, **SETS, linear_teacher=1.0).epoch())


def test_it_is_not_asked_where_items_are_sampled(monkeypatch):
    monkeypatch.setattr(candidates, "_FULL_SOFTMAX", 0)
    task = _task(_events([0, 1, 2, 3], [3, 2, 1, 0]), **SETS, linear_teacher=1.0)
    assert all(batch.linear_targets is None for batch in task.epoch())
