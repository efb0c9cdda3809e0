"""AWS's own Object2Vec task: which rating a user gives a film. MovieLens-100k, ua split.

All settings, ours and the peers', were chosen on an inner split of the base: of every user ten of its ratings
were held out. The model is the pair model as it ships, trained by the code of the training job.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from benchmarks.movielens_data import MovieLens, load_movielens
from benchmarks.ratings_pairs import Described, first_of_each_user
from benchmarks.ratings_peers import Biases, MatrixFactorization, Ratings
from benchmarks.report import ResultRow, ResultTable
from object2vec.core.arrays import Rows, Values
from object2vec.model.pairs.network import PairNetwork, TokenBatch
from object2vec.training.cluster import Cluster
from object2vec.training.pairs.data import Limits, Pairs, sizes_of
from object2vec.training.pairs.hyperparameters import PairHyperparameters
from object2vec.training.pairs.loop import PairTrainer

TEST_RATINGS = 10  # of each user
BARS = {"mse": 0.845}
SEEDS = (0, 1, 2)
MEMBERS = 6
SETTINGS = PairHyperparameters(
    enc0_network="pooled_embedding",
    enc0_token_embedding_dim=64,
    enc_dim=64,
    comparator_list="hadamard,concat",
    mlp_layers=0,
    output_layer="mean_squared_error",
    dropout=0.5,
    weight_decay=2e-4,
    learning_rate=0.003,
    mini_batch_size=1_024,
    epochs=40,
    early_stopping_tolerance=1e-6,
)
AWS_LIKE = PairHyperparameters(
    enc0_network="pooled_embedding",
    enc_dim=1_024,
    enc0_token_embedding_dim=300,
    comparator_list="hadamard, concat, abs_diff",
    mlp_layers=1,
    mlp_dim=256,
    output_layer="mean_squared_error",
    learning_rate=0.001,
    mini_batch_size=512,
    epochs=6,
)


@dataclass(frozen=True, slots=True)
class Split:
    """Training and test ratings, as rows of the file."""

    films: MovieLens
    base: Rows
    test: Rows

    @property
    def truth(self) -> Values:
        """The ratings to predict."""
        return self.films.ratings[self.test].astype(np.float64)


def run(quick: bool) -> ResultTable:
    """Measures every system on the same split."""
    films = load_movielens()
    test = first_of_each_user(films.users, TEST_RATINGS)
    split = Split(films, np.flatnonzero(~test), np.flatnonzero(test))
    rows = _peers(split)
    rows += _ours(split, quick=quick)
    return ResultTable(
        name="ratings",
        title="MovieLens-100k, ua split: rating of a user for a film",
        protocol=f"{len(split.base):,} ratings to learn from, {len(split.test):,} to predict; predictions cut"
        " to 1 to 5; accuracy of rating > 3 at a prediction > 3.5; ours: mean of the seeds",
        rows=rows,
        bars=BARS,
    )


def _peers(split: Split) -> list[ResultRow]:
    films, base, test = split.films, split.base, split.test
    train = Ratings(
        films.users[base],
        films.items[base],
        films.ratings[base].astype(np.float64),
        films.user_count,
        films.item_count,
    )
    rows = [ResultRow("mean", _score(np.full(len(test), train.values.mean()), split.truth), 0.0)]
    started = time.monotonic()
    biases = Biases(train).predict(films.users[test], films.items[test])
    rows.append(ResultRow("user and film biases", _score(biases, split.truth), time.monotonic() - started))
    started = time.monotonic()
    factors = MatrixFactorization(train, dim=50, penalty=0.15)
    predicted = factors.predict(films.users[test], films.items[test])
    rows.append(ResultRow("SVD (ALS, 50)", _score(predicted, split.truth), time.monotonic() - started))
    return rows


def _ours(split: Split, *, quick: bool) -> list[ResultRow]:
    started = time.monotonic()
    aws_like = _trained(split, Described(split.films, own=1, genres=False), AWS_LIKE, 0, quick=quick)
    rows = [
        ResultRow("Object2Vec, AWS's notebook", _score(aws_like, split.truth), time.monotonic() - started)
    ]
    described = Described(split.films, own=2, genres=True)
    predictions, seconds = [], []
    for seed in range(1 if quick else MEMBERS):
        started = time.monotonic()
        predictions.append(_trained(split, described, SETTINGS, seed, quick=quick))
        seconds.append(time.monotonic() - started)
    scores = [_score(predicted, split.truth) for predicted in predictions[: len(SEEDS)]]
    mean = {name: float(np.mean([score[name] for score in scores])) for name in BARS}
    rows.append(ResultRow("Object2Vec", mean, float(np.mean(seconds)), f"mean of {len(scores)} seeds"))
    together = _score(np.mean(predictions, axis=0), split.truth)
    rows.append(ResultRow("Object2Vec, averaged", together, sum(seconds), f"{len(predictions)} models"))
    return rows


def _trained(
    split: Split, described: Described, settings: PairHyperparameters, seed: int, *, quick: bool
) -> Values:
    """Trains on the base for a fixed number of epochs; returns the predictions of the test (n,)."""
    train, test = described.pairs(split.base), described.pairs(split.test)
    chosen = replace(settings, seed=seed, epochs=2 if quick else settings.epochs)
    sizes = sizes_of([train, test], Limits(), tied=False)
    torch.manual_seed(seed)
    network = PairNetwork(chosen.shape(sizes.vocab_sizes, sizes.max_seq_lens))
    network.start_from(torch.from_numpy(train.labels.copy()))
    with TemporaryDirectory() as folder:
        trainer = PairTrainer(
            network, train, None, chosen, cluster=Cluster(), checkpoints=Path(folder), identity="ratings"
        )
        trainer.run()
    return _predict(network, test)


@torch.no_grad()
def _predict(network: PairNetwork, pairs: Pairs) -> Values:
    network.eval()
    predicted: Values = network(*(TokenBatch.of(side) for side in pairs.sides))[:, 0].double().numpy()
    return predicted


def _score(predicted: Values, truth: Values) -> dict[str, float]:
    return {
        "mse": float(np.mean((np.clip(predicted, 1, 5) - truth) ** 2)),
        "accuracy": float(np.mean((predicted > 3.5) == (truth > 3))),
    }
