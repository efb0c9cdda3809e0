"""The gate on held-out pairs: all-positive ones get negatives, one label decides nothing."""

import numpy as np
import pytest

from object2vec.training.pairs.batches import with_drawn_negatives
from object2vec.training.pairs.data import Limits, read_pairs
from object2vec.training.pairs.evaluation import evaluate_pairs
from tests.helpers.toys import train, two_clusters, write


def positive(count=240):
    """in0 names a group of ten ids, in1 holds ids of that group: what belongs together can be learned."""
    rng = np.random.default_rng(0)
    groups = rng.integers(6, size=count)
    return [
        {
            "label": 1,
            "in0": [int(1 + group)],
            "in1": (10 + 10 * group + rng.choice(10, 4, replace=False)).tolist(),
        }
        for group in groups
    ]


SETTINGS = {"negative_sampling_rate": 3, "epochs": 15, "learning_rate": 0.02, "enc0_vocab_size": 80}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    base = tmp_path_factory.mktemp("pairs")
    records = positive()
    train(base, records[:200], channels=("train", "validation"), **SETTINGS)
    write(base / "test", records[200:])
    write(base / "known" / "train", records[:200])
    write(base / "known" / "test", records[200:])
    return base


def test_all_positive_pairs_are_measured_against_drawn_ones(trained):
    result = evaluate_pairs(trained / "known" / "test", trained / "model", None)
    assert result["protocol"]["drawn_negatives"] == pytest.approx(120, abs=3)
    assert result["gate"]["passed"], result["gate"]["reason"]
    assert "40 held-out pairs and" in result["gate"]["reason"]
    assert result["metrics"]["constant"]["accuracy"] == pytest.approx(0.75, abs=0.01)
    low, high = result["intervals"]["model"]["cross_entropy"]
    assert low < result["metrics"]["model"]["cross_entropy"] < high


def test_a_model_that_is_no_better_than_the_live_one_is_no_worse(trained):
    result = evaluate_pairs(trained / "known" / "test", trained / "model", trained / "model")
    assert (result["gate"]["passed"], result["gate"]["decision"]) == (True, "no worse")
    assert "Against the live model" in result["gate"]["reason"]


def test_drawn_pairs_are_none_of_the_data(trained):
    known, held_out = (read_pairs(trained / "known" / name, Limits()) for name in ("train", "test"))
    drawn = with_drawn_negatives(held_out, known, 3)
    assert drawn.labels[: len(held_out)].tolist() == [1.0] * 40
    assert not drawn.labels[len(held_out) :].any()

    def contents(pairs):
        starts = [side.starts for side in pairs.sides]
        return [
            tuple(
                tuple(side.tokens[s[at] : s[at] + side.lengths[at]].tolist())
                for side, s in zip(pairs.sides, starts, strict=True)
            )
            for at in range(len(pairs))
        ]

    everything = set(contents(known)) | set(contents(held_out))
    assert not everything & set(contents(drawn)[len(held_out) :])
    assert with_drawn_negatives(held_out, known, 0) is held_out
    mixed = with_drawn_negatives(drawn, known, 3)
    assert mixed is drawn  # it has both labels already


def test_pairs_of_one_label_decide_nothing(tmp_path):
    train(tmp_path, two_clusters(), channels=("train",), epochs=2)
    zeros = [{"label": 0, "in0": [1], "in1": [number % 5]} for number in range(40)]
    write(tmp_path / "zeros" / "test", zeros)
    first = evaluate_pairs(tmp_path / "zeros" / "test", tmp_path / "model", None)["gate"]
    assert (first["passed"], first["decision"]) == (True, "too few to tell")
    assert "No live model has learned such pairs" in first["reason"]
    again = evaluate_pairs(tmp_path / "zeros" / "test", tmp_path / "model", tmp_path / "model")["gate"]
    assert not again["passed"]
    assert "all 40 held-out pairs have the label 0" in again["reason"]


def test_a_handful_of_pairs_decides_nothing(tmp_path):
    train(tmp_path, two_clusters(), channels=("train",), epochs=2)
    write(tmp_path / "few" / "test", two_clusters()[:6])
    gate = evaluate_pairs(tmp_path / "few" / "test", tmp_path / "model", tmp_path / "model")["gate"]
    assert (gate["passed"], gate["decision"]) == (False, "too few to tell")
    assert "there are 6 held-out pairs: too few to tell" in gate["reason"]
