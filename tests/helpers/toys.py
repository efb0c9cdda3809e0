"""Pairs with exactly one right answer."""

import json
from itertools import product

from object2vec.training.cluster import Cluster
from object2vec.training.pairs.fit import fit_pairs
from object2vec.training.pairs.hyperparameters import PairHyperparameters

SMALL = {
    "enc_dim": 16,
    "enc0_token_embedding_dim": 12,
    "enc0_layers": "1",
    "mlp_layers": 1,
    "mlp_dim": 16,
    "mlp_activation": "tanh",
    "learning_rate": 0.02,
    "mini_batch_size": 16,
    "early_stopping_patience": 5,
    "early_stopping_tolerance": 1e-6,
    "epochs": 60,
}


def settings(**values):
    return PairHyperparameters(**(SMALL | values))


def two_clusters():
    """Ids below 5 are one cluster, the others another: a pair is 1 within a cluster and 0 across.

    Each object comes as a sequence of one to three of its cluster's ids."""
    objects = [[1], [2, 3], [4, 1, 2], [5], [6, 7], [8, 5, 6]]
    return [
        {"label": int((a[0] < 5) == (b[0] < 5)), "in0": a, "in1": b} for a, b in product(objects, objects)
    ]


def write(folder, records):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pairs.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


def train(base, records, *, channels=("train", "validation"), say=lambda _: None, **values):
    """Trains on the same records in every channel; returns manifest of the artefact in base/model."""
    for channel in channels:
        write(base / "data" / channel, records)
    return fit_pairs(
        base / "data",
        base / "model",
        base / "checkpoints",
        settings(**values),
        cluster=Cluster(),
        say=say,
    )
