import lightgbm
import numpy as np
import pytest
import torch  # noqa: F401  # brings LightGBM's OpenMP library

from object2vec.model.archive import RANKER_FILE
from object2vec.ranker import artefact
from object2vec.ranker.artefact import RankerError, export_ranker, read_ranker, write_ranker
from object2vec.ranker.features import FEATURES
from object2vec.ranker.forest import Forest
from object2vec.training.ranker.trees import forest_of


def trained(matrix, labels, **settings):
    data = lightgbm.Dataset(matrix, labels, feature_name=list(FEATURES))
    settings = {"objective": "binary", "num_leaves": 16, "min_data_in_leaf": 5, "verbose": -1} | settings
    return lightgbm.train(settings, data, 40)


def numbers(rng, rows, *, missing=0.2):
    matrix = rng.normal(size=(rows, len(FEATURES))).astype(np.float32)
    matrix[:, 3] = np.round(matrix[:, 3])  # equal values meet thresholds exactly
    matrix[rng.random(matrix.shape) < missing] = np.nan
    return matrix


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("objective", ["binary", "regression"])
def test_the_served_forest_agrees_with_the_trainer(missing, objective):
    rng = np.random.default_rng(0)
    matrix = numbers(rng, 3000, missing=missing)
    labels = (np.nan_to_num(matrix[:, 0]) * np.nan_to_num(matrix[:, 3]) + rng.normal(size=3000) > 0) * 1.0
    booster = trained(matrix, labels, objective=objective)
    unseen = np.concatenate([matrix, numbers(rng, 1000)])  # also not-a-number where training had none
    served = forest_of(booster.dump_model()).predict(unseen)
    assert served == pytest.approx(booster.predict(unseen, raw_score=True), abs=1e-5)


def test_a_value_on_a_threshold_goes_left_as_in_the_trainer():
    rng = np.random.default_rng(1)
    matrix = numbers(rng, 2000, missing=0.1)
    booster = trained(matrix, (matrix[:, 3] > 0.5) * 1.0)
    forest = forest_of(booster.dump_model())
    edges = np.repeat(matrix[:1], len(forest.node_threshold), axis=0)
    edges[np.arange(len(edges)), forest.node_feature] = forest.node_threshold
    assert forest.predict(edges) == pytest.approx(booster.predict(edges, raw_score=True), abs=1e-5)


def test_trees_that_could_not_split_are_a_constant():
    rng = np.random.default_rng(2)
    matrix = numbers(rng, 50)
    booster = trained(matrix, np.arange(50) % 2, min_data_in_leaf=40)
    forest = forest_of(booster.dump_model())
    assert forest.predict(matrix) == pytest.approx(booster.predict(matrix, raw_score=True), abs=1e-5)
    assert forest.predict(matrix[:0]).shape == (0,)


@pytest.mark.parametrize("usual", [np.nan, 0.0, 0.4])
def test_many_rows_are_judged_as_each_alone(usual):
    """Where almost all rows share a value, a few differ, or none does."""
    learned = numbers(np.random.default_rng(5), 3000)
    forest = forest_of(trained(learned, (np.nansum(learned, axis=1) > 0) * 1.0).dump_model())
    matrix = numbers(np.random.default_rng(6), 400)
    for feature in range(1, len(FEATURES)):
        matrix[np.arange(400) % 40 != feature % 40, feature] = usual
    matrix[:, 5:8] = usual
    alone = np.concatenate([forest.predict(row[None, :]) for row in matrix])
    assert (forest.predict(matrix) == alone).all()
    assert len(set(alone.tolist())) > 20
    assert forest.predict(matrix[:0]).shape == (0,)


@pytest.fixture
def forest():
    rng = np.random.default_rng(3)
    matrix = numbers(rng, 500)
    return forest_of(trained(matrix, (np.nan_to_num(matrix[:, 0]) > 0) * 1.0).dump_model())


def test_a_ranker_survives_the_disk(forest, tmp_path):
    write_ranker(forest, tmp_path / RANKER_FILE)
    matrix = numbers(np.random.default_rng(4), 100)
    export_ranker(tmp_path, tmp_path / "out")
    assert (read_ranker(tmp_path / "out" / RANKER_FILE).predict(matrix) == forest.predict(matrix)).all()


def test_what_counting_says_is_added_to_the_leaves(forest, tmp_path):
    on_top = replaced(forest, prior="habit_prior")
    matrix = np.nan_to_num(numbers(np.random.default_rng(4), 100))
    write_ranker(on_top, tmp_path / RANKER_FILE)
    added = matrix[:, FEATURES.index("habit_prior")]
    assert read_ranker(tmp_path / RANKER_FILE).predict(matrix) == pytest.approx(
        forest.predict(matrix) + added
    )
    careful = replaced(on_top, half_trusted=5.0)
    events = np.arange(100)
    matrix[:, FEATURES.index("history_events")] = np.log1p(events)
    write_ranker(careful, tmp_path / RANKER_FILE)
    share = np.maximum(events, 1) / (np.maximum(events, 1) + 5)
    assert read_ranker(tmp_path / RANKER_FILE).predict(matrix) == pytest.approx(
        added + forest.predict(matrix) * share, abs=1e-5
    )
    write_ranker(replaced(forest, prior="mood"), tmp_path / RANKER_FILE)
    with pytest.raises(RankerError, match="mood"):
        read_ranker(tmp_path / RANKER_FILE)


def test_a_model_without_a_ranker_exports_none(tmp_path):
    export_ranker(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "missing", "text"])
def test_a_damaged_file_is_refused(forest, tmp_path, damage):
    path = tmp_path / RANKER_FILE
    write_ranker(forest, path)
    content = path.read_bytes()
    flipped = content[:-40] + bytes([content[-40] ^ 0xFF]) + content[-39:]
    damaged = {"truncated": content[:-100], "flipped": flipped, "empty": b"", "text": b"no ranker " * 99}
    path.unlink() if damage == "missing" else path.write_bytes(damaged[damage])
    with pytest.raises(RankerError, match="train again"):
        read_ranker(path)


def replaced(forest, **changes):
    return Forest(**{name: getattr(forest, name) for name in Forest.__dataclass_fields__} | changes)


def test_a_ranker_of_features_that_nobody_computes_is_refused(forest, tmp_path):
    write_ranker(replaced(forest, features=("colour", *FEATURES[1:])), tmp_path / RANKER_FILE)
    with pytest.raises(RankerError, match="does not compute \\(colour\\): train again"):
        read_ranker(tmp_path / RANKER_FILE)


def test_a_ranker_from_before_a_feature_was_added_does_without_it(forest, tmp_path):
    """Its numbers are those of its own list; what it says is the same."""
    known = sorted(set(forest.node_feature.tolist()))
    absent = next(at for at in range(len(FEATURES)) if at not in known)
    before = [name for at, name in enumerate(FEATURES) if at != absent][::-1]
    place = np.array([before.index(name) if name in before else -1 for name in FEATURES], np.int32)
    old = replaced(forest, features=tuple(before), node_feature=place[forest.node_feature])
    write_ranker(old, tmp_path / RANKER_FILE)
    matrix = np.random.default_rng(1).normal(size=(50, len(FEATURES))).astype(np.float32)
    assert (read_ranker(tmp_path / RANKER_FILE).predict(matrix) == forest.predict(matrix)).all()


def test_a_ranker_with_features_of_their_old_names_is_read(forest, tmp_path):
    before = {"first_time_buyers": "newcomers", "repeat_rate": "returns"}
    old = replaced(forest, features=tuple(before.get(name, name) for name in FEATURES))
    write_ranker(old, tmp_path / RANKER_FILE)
    assert read_ranker(tmp_path / RANKER_FILE).features == FEATURES


def test_a_ranker_of_another_format_is_refused(forest, tmp_path, monkeypatch):
    monkeypatch.setattr(artefact, "FORMAT", "0")
    write_ranker(forest, tmp_path / RANKER_FILE)
    monkeypatch.undo()
    with pytest.raises(RankerError, match="format 0, this code reads"):
        read_ranker(tmp_path / RANKER_FILE)


@pytest.mark.parametrize(
    "changes",
    [
        lambda f: {"node_tree": f.node_tree + len(f.leaves)},
        lambda f: {"node_feature": f.node_feature - len(FEATURES)},
        lambda f: {"leaves": f.leaves[:, :8]},
        lambda f: {"node_mask": f.node_mask * np.uint16(0)},
        lambda f: {"node_threshold": f.node_threshold[1:]},
    ],
    ids=["tree", "feature", "leaves", "mask", "length"],
)
def test_indices_that_lead_nowhere_are_refused(forest, tmp_path, changes):
    write_ranker(replaced(forest, **changes(forest)), tmp_path / RANKER_FILE)
    with pytest.raises(RankerError, match="damaged"):
        read_ranker(tmp_path / RANKER_FILE)
