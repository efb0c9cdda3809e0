"""What training on pairs does beside learning: stopping, resuming, refusing, repeating itself, reporting."""

import json
import re
import tarfile
from itertools import product

import pytest
import torch

from object2vec.model.archive import unpack
from object2vec.model.pairs.artefact import read_pair_artefact
from object2vec.model.pairs.network import PairNetwork
from object2vec.serving.app import load_predictor
from object2vec.training.checkpoint import FILE
from object2vec.training.early_stopping import EarlyStopping
from object2vec.training.pairs import loop
from object2vec.training.pairs.data import Limits, PairDataError, read_pairs
from object2vec.training.pairs.optimizers import PairOptimizer
from tests.helpers.toys import settings, train, two_clusters, write

AWS_METRICS = {
    "train:accuracy": r"#quality_metric: host=\S+, epoch=\S+, train accuracy <score>=(\S+)",
    "validation:accuracy": r"#quality_metric: host=\S+, epoch=\S+, validation accuracy <score>=(\S+)",
    "validation:cross_entropy": r"#quality_metric: host=\S+, epoch=\S+, validation cross_entropy <loss>=(.+)",
    "test:accuracy": r"#quality_metric: host=\S+, test accuracy <score>=(\S+)",
    "test:cross_entropy": r"#quality_metric: host=\S+, test cross_entropy <loss>=(\S+)",
}
"""Metric definitions of the built-in image."""
QUICK = {"enc0_network": "pooled_embedding", "epochs": 4}


def state(folder):
    return read_pair_artefact(folder / "model")[1].state_dict()


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_metrics_are_printed_as_aws_reads_them(tmp_path, capsys):
    manifest = train(tmp_path, two_clusters(), channels=("train", "validation", "test"), say=print, **QUICK)
    log = capsys.readouterr().out
    found = {name: re.findall(regex, log) for name, regex in AWS_METRICS.items()}
    assert {name: len(values) for name, values in found.items()} == {
        "train:accuracy": 4, "validation:accuracy": 4, "validation:cross_entropy": 4,
        "test:accuracy": 1, "test:cross_entropy": 1,
    }  # fmt: skip
    assert float(found["test:cross_entropy"][0]) == manifest.metrics["test"]["cross_entropy"]


def test_a_regression_prints_its_error(tmp_path, capsys):
    train(tmp_path, two_clusters(), output_layer="mean_squared_error", **QUICK)
    regex = r"#quality_metric: host=\S+, epoch=\S+, validation mean_squared_error <loss>=(\S+)"
    assert len(re.findall(regex, capsys.readouterr().out)) == 4


def test_the_same_seed_gives_the_same_model(tmp_path):
    versions = [
        train(tmp_path / str(n), two_clusters(), dropout=0.2, seed=seed, **QUICK).version
        for n, seed in enumerate((3, 3, 4))
    ]
    assert versions[0] == versions[1] != versions[2]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_an_interrupted_training_ends_as_if_it_had_not_been(tmp_path, monkeypatch, capsys, optimizer):
    chosen = QUICK | {"optimizer": optimizer, "dropout": 0.3}
    train(tmp_path / "whole", two_clusters(), **chosen)
    kept = loop.save_checkpoint

    def interrupted(folder, identity, saved):
        kept(folder, identity, saved)
        if saved["epoch"] == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "save_checkpoint", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", two_clusters(), **chosen)
    monkeypatch.undo()
    train(tmp_path / "cut", two_clusters(), **chosen)
    assert "goes on after epoch 2" in capsys.readouterr().out
    assert same(state(tmp_path / "cut"), state(tmp_path / "whole"))


def test_a_foreign_or_broken_checkpoint_is_not_used(tmp_path, capsys):
    train(tmp_path, two_clusters(), **QUICK)
    train(tmp_path, two_clusters(), **QUICK, seed=1)
    assert "belongs to other data or settings" in capsys.readouterr().out
    (tmp_path / "checkpoints" / FILE).write_bytes(b"broken")
    train(tmp_path, two_clusters(), **QUICK)
    assert "cannot be read" in capsys.readouterr().out


def test_a_diverging_loss_stops_and_keeps_the_last_good_state(tmp_path, monkeypatch):
    train(tmp_path, two_clusters(), **QUICK)
    before = (tmp_path / "checkpoints" / FILE).read_bytes()

    def nan(self):
        next(self._parts[0].param_groups[0]["params"][0] for _ in [0]).data.fill_(float("nan"))

    monkeypatch.setattr(PairOptimizer, "step", nan)
    with pytest.raises(
        PairDataError, match=r"no number in epoch 5, step 2.*learning_rate.*after epoch 4 is kept"
    ):
        train(tmp_path, two_clusters(), **(QUICK | {"epochs": 6}))
    assert (tmp_path / "checkpoints" / FILE).read_bytes() == before


def losses_seen(patience, tolerance, losses):
    stopping = EarlyStopping(patience, tolerance)
    epochs = 0
    while epochs < len(losses) and not stopping.over:
        weights = {"weight": torch.tensor(losses[epochs])}
        stopping.update(-losses[epochs], weights.copy)
        epochs += 1
    return epochs, stopping.weights["weight"].item()


def test_early_stopping_counts_epochs_without_a_reduction_by_the_tolerance():
    assert losses_seen(2, 0.1, [1.0, 0.8, 0.75, 0.74, 0.1]) == (4, pytest.approx(0.74))
    assert losses_seen(2, 0.1, [1.0, 0.95, 0.92, 0.85, 0.79]) == (3, pytest.approx(0.92))
    assert losses_seen(3, 0.1, [1.0, 1.1, 1.2, 0.5, 0.6, 0.7, 0.8]) == (7, pytest.approx(0.5))


def test_training_keeps_the_best_epoch(tmp_path):
    manifest = train(tmp_path, two_clusters(), **(QUICK | {"epochs": 30, "learning_rate": 0.2}))
    history = [epoch["validation"]["cross_entropy"] for epoch in manifest.metrics["history"]]
    assert manifest.metrics["validation"]["cross_entropy"] == pytest.approx(min(history), rel=1e-4)


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad"])
def test_sparse_and_dense_tables_learn_the_same(tmp_path, optimizer):
    for storage in ("dense", "row_sparse"):
        chosen = QUICK | {"optimizer": optimizer, "token_embedding_storage_type": storage}
        train(tmp_path / storage, two_clusters(), **chosen)
    dense, sparse = state(tmp_path / "dense"), state(tmp_path / "row_sparse")
    for name in dense:
        torch.testing.assert_close(dense[name], sparse[name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "adagrad", "adadelta", "sgd", "rmsprop"])
def test_every_optimizer_brings_the_loss_to_nothing(tmp_path, optimizer):
    rate = {"sgd": 0.5, "adagrad": 0.1}.get(optimizer, 0.01)
    chosen = {"enc0_network": "pooled_embedding", "optimizer": optimizer, "learning_rate": rate, "epochs": 80}
    manifest = train(tmp_path, two_clusters(), **chosen)
    assert manifest.metrics["validation"]["accuracy"] == 1.0


def test_sparse_decay_touches_only_the_rows_of_the_batch():
    network = PairNetwork(
        settings(
            enc0_network="pooled_embedding", token_embedding_storage_type="row_sparse", optimizer="sgd",
            weight_decay=1.0, learning_rate=0.5,
        ).shape((4, 4), (1, 1))
    )  # fmt: skip
    table = network.enc0.tokens.weight
    before = table.detach().clone()
    optimizer = PairOptimizer(network, settings(
        enc0_network="pooled_embedding", token_embedding_storage_type="row_sparse", optimizer="sgd",
        weight_decay=1.0, learning_rate=0.5,
    ))  # fmt: skip
    (network.enc0.tokens(torch.tensor([2])).sum() * 0).backward()
    optimizer.step()
    torch.testing.assert_close(table[2], before[2] * 0.5)
    torch.testing.assert_close(table[[0, 1, 3]], before[[0, 1, 3]])


def test_pretrained_vectors_are_loaded_by_name_and_frozen(tmp_path):
    auxiliary = tmp_path / "data" / "auxiliary"
    auxiliary.mkdir(parents=True)
    (auxiliary / "vectors.txt").write_text("the cat " + " ".join(["0.5"] * 12) + "\ndog " + "1 " * 11 + "1\n")
    (auxiliary / "vocab.json").write_text('{"the cat": 1, "dog": 2, "unseen": 3}')
    files = {"enc0_pretrained_embedding_file": "vectors.txt", "enc0_vocab_file": "vocab.json"}
    train(tmp_path, two_clusters(), **QUICK, **files)
    table = state(tmp_path)["enc0.tokens.weight"]
    assert table[1].tolist() == [0.5] * 12
    assert table[2].tolist() == [1.0] * 12
    train(tmp_path / "free", two_clusters(), **QUICK)
    free = QUICK | files | {"enc0_freeze_pretrained_embedding": False}
    train(tmp_path, two_clusters(), **free)
    assert state(tmp_path)["enc0.tokens.weight"][1].tolist() != [0.5] * 12
    with pytest.raises(PairDataError, match=r"auxiliary channel has no other\.txt"):
        train(tmp_path, two_clusters(), **QUICK, **(files | {"enc0_pretrained_embedding_file": "other.txt"}))
    (auxiliary / "vocab.json").write_text('{"dog": 99}')
    with pytest.raises(PairDataError, match=r"vocab\.json must be a JSON object"):
        train(tmp_path, two_clusters(), **QUICK, **files)


def test_the_vocabulary_file_is_in_the_artefact_and_travels_with_it(tmp_path):
    auxiliary = tmp_path / "data" / "auxiliary"
    auxiliary.mkdir(parents=True)
    (auxiliary / "vocab.json").write_text('{"item-1": 1, "item-2": 2, "far": 8}')
    train(tmp_path, two_clusters(), **QUICK, enc0_vocab_file="vocab.json")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "model", arcname=".")
    unpack(tmp_path / "model.tar.gz", tmp_path / "endpoint")
    body = {"instances": [{"in0": "item-1 item-2", "in1": ["far"]}, {"in0": [1, 2], "in1": [8]}]}
    reply = load_predictor(tmp_path / "endpoint").invoke(json.dumps(body).encode())
    as_text, as_ids = json.loads(reply.body)["predictions"]
    assert as_text == as_ids
    (auxiliary / "vocab.json").write_text('{"item-1": 9}')
    with pytest.raises(PairDataError, match=r"from 0 to 8: set vocab_size to the highest id \+ 1"):
        train(tmp_path, two_clusters(), **QUICK, enc0_vocab_file="vocab.json")
    with pytest.raises(PairDataError, match="pretrained_embedding_file needs enc0_vocab_file"):
        train(tmp_path, two_clusters(), **QUICK, enc0_pretrained_embedding_file="v.txt")


@pytest.mark.parametrize(
    ("record", "match"),
    [
        (
            {"label": 2, "in0": [1], "in1": [1]},
            r"train/pairs.jsonl, line 2: label 2 is none of the classes 0 to 1",
        ),
        ({"label": 0.5, "in0": [1], "in1": [1]}, "none of the classes"),
        ({"label": "1", "in0": [1], "in1": [1]}, "line 2: label '1' is no finite number"),
        ({"in0": [1], "in1": [1]}, "label None"),
        ({"label": 1, "in0": [], "in1": [1]}, "line 2: in0 must be a list of at least one"),
        ({"label": 1, "in0": [1], "in1": [1.5]}, "in1 must be a list"),
        ({"label": 1, "in0": [1], "in1": [True]}, "in1 must be a list"),
        ({"label": 1, "in0": [1]}, "in1 must be a list"),
        ({"label": 1, "in0": [-1], "in1": [1]}, "in0 holds -1"),
        ({"label": 1, "in0": [10], "in1": [1]}, "in0 holds 10, but ids end at enc0_vocab_size - 1 = 9"),
        ([1], "line 2 is no object"),
    ],
)
def test_a_bad_line_is_named(tmp_path, record, match):
    records = [{"label": 0, "in0": [1], "in1": [2]}, record]
    with pytest.raises(PairDataError, match=match):
        train(tmp_path, records, enc0_vocab_size=10, **QUICK)


def test_a_line_that_is_no_json_is_named(tmp_path):
    write(tmp_path / "train", [{"label": 0, "in0": [1], "in1": [2]}])
    with open(tmp_path / "train" / "pairs.jsonl", "a") as file:
        file.write("\n{")
    with pytest.raises(PairDataError, match=r"train/pairs.jsonl, line 3 is no JSON"):
        read_pairs(tmp_path / "train", Limits())


def test_data_that_nothing_can_be_learned_from_is_said(tmp_path):
    ones = [{"label": 1, "in0": [a], "in1": [b]} for a, b in product((1, 2), (3, 4))]
    with pytest.raises(PairDataError, match="every label of the train channel is 1"):
        train(tmp_path, ones, **QUICK)
    twice = [{"label": label, "in0": [1], "in1": [2]} for label in (0, 1)]
    with pytest.raises(PairDataError, match="all pairs of the train channel are the same"):
        train(tmp_path, twice, **QUICK)
    write(tmp_path / "data" / "validation", [])
    write(tmp_path / "data" / "train", two_clusters())
    with pytest.raises(PairDataError, match="the channel validation holds no pair"):
        train(tmp_path, two_clusters(), channels=("train",), **QUICK)


def test_encoders_that_collapse_are_said(tmp_path):
    chosen = {"optimizer": "sgd", "weight_decay": 2.0, "learning_rate": 0.5, "epochs": 60}
    with pytest.raises(PairDataError, match="every object the same vector"):
        train(tmp_path, two_clusters(), **(QUICK | chosen | {"early_stopping_tolerance": 0.1}))


def test_zeros_at_the_end_are_padding_and_said_to_be(tmp_path, capsys):
    records = [record | {"in0": record["in0"] + [0, 0]} for record in two_clusters()]
    padded = train(tmp_path / "padded", records, say=print, **QUICK)
    plain = train(tmp_path / "plain", two_clusters(), **QUICK)
    assert padded.version == plain.version
    assert "72 sequences end in id 0" in capsys.readouterr().out


def test_settings_and_labels_are_in_the_artefact(tmp_path):
    manifest = train(tmp_path, two_clusters(), **QUICK)
    content = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert content["hyperparameters"]["epochs"] == 4
    assert content["data"]["labels"] == {"shares": [0.5, 0.5]}
    assert manifest.shape.enc0.vocab_size == 9
