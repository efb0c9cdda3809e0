"""The mean of the latest weights: what it is, and what it must leave alone."""

import pytest
import torch

from object2vec.training.averaging import WeightAverage


def walk(average, table, values):
    for step, value in enumerate(values, 1):
        table.fill_(value)
        average.update(step)


def test_the_mean_is_nearer_to_the_middle_than_the_latest_step():
    table = torch.zeros(3, 2)
    average = WeightAverage([table], horizon=8)
    walk(average, table, [1.0 + (-1.0) ** step for step in range(40)])
    assert table.tolist() == [[0.0, 0.0]] * 3
    with average.applied():
        assert table == pytest.approx(torch.ones(3, 2), abs=0.15)
    assert table.tolist() == [[0.0, 0.0]] * 3


def test_where_training_began_is_soon_forgotten():
    table = torch.zeros(1)
    average = WeightAverage([table], horizon=1_000)
    walk(average, table, [100.0] * 10 + [1.0] * 990)
    with average.applied():
        assert table.item() == pytest.approx(1.0, abs=0.1)


def test_a_horizon_of_nothing_is_the_latest_step():
    table = torch.zeros(1)
    average = WeightAverage([table], horizon=0)
    walk(average, table, [1.0, 2.0])
    with average.applied():
        assert table.item() == 2.0


def test_the_tensors_come_back_when_measuring_fails():
    table = torch.zeros(1)
    average = WeightAverage([table], horizon=8)
    walk(average, table, [1.0, 2.0, 5.0])
    with pytest.raises(ZeroDivisionError), average.applied():
        1 / 0  # noqa: B018
    assert table.item() == 5.0


def test_a_mean_goes_on_from_its_state():
    table, again = torch.zeros(1), torch.zeros(1)
    whole, interrupted, resumed = (WeightAverage([t], horizon=8) for t in (table, again, again))
    values = [float(step % 5) for step in range(12)]
    walk(whole, table, values)
    walk(interrupted, again, values[:6])
    resumed.load_state_dict(interrupted.state_dict())
    for step, value in enumerate(values[6:], 7):
        again.fill_(value)
        resumed.update(step)
    with whole.applied(), resumed.applied():
        assert table.item() == again.item()
