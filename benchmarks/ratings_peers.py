"""Peers that predict a rating from user and film alone."""

from dataclasses import dataclass

import numpy as np

from object2vec.core.arrays import Rows, Values


@dataclass(frozen=True, slots=True)
class Ratings:
    """n ratings of U users and I films."""

    users: Rows  # (n,)
    items: Rows  # (n,)
    values: Values  # (n,)
    user_count: int
    item_count: int


class Biases:
    """The mean, and what users and films differ from it, shrunk by `damping` ratings of zero
    (Koren, Bell & Volinsky 2009, "Matrix factorization techniques for recommender systems", equation 3)."""

    def __init__(self, train: Ratings, damping: float = 5.0, rounds: int = 10) -> None:
        self.mean = float(train.values.mean())
        self.user, self.item = np.zeros(train.user_count), np.zeros(train.item_count)
        for _ in range(rounds):
            self.item = _shrunk(
                train.items, train.values - self.mean - self.user[train.users], train.item_count, damping
            )
            self.user = _shrunk(
                train.users, train.values - self.mean - self.item[train.items], train.user_count, damping
            )

    def predict(self, users: Rows, items: Rows) -> Values:
        """(n,)."""
        prediction: Values = self.mean + self.user[users] + self.item[items]
        return prediction


class MatrixFactorization:
    """SVD in the sense of recommenders: biases and factors with an L2 penalty a rating, by alternating least
    squares (Zhou et al. 2008, "Large-scale parallel collaborative filtering for the Netflix Prize")."""

    def __init__(self, train: Ratings, *, dim: int, penalty: float, rounds: int = 15, seed: int = 0) -> None:
        self.biases = Biases(train)
        rest = train.values - self.biases.predict(train.users, train.items)
        rng = np.random.default_rng(seed)
        self.items = rng.normal(0, 0.1, (train.item_count, dim))
        self.users = np.zeros((train.user_count, dim))
        by_user, by_item = (np.argsort(keys, kind="stable") for keys in (train.users, train.items))
        for _ in range(rounds):
            _solve(self.users, self.items, _Sorted(train.users, train.items, rest, by_user), penalty)
            _solve(self.items, self.users, _Sorted(train.items, train.users, rest, by_item), penalty)

    def predict(self, users: Rows, items: Rows) -> Values:
        """(n,)."""
        rest: Values = (self.users[users] * self.items[items]).sum(axis=1)
        return self.biases.predict(users, items) + rest


def _shrunk(keys: Rows, rest: Values, size: int, damping: float) -> Values:
    means: Values = np.bincount(keys, rest, size) / (np.bincount(keys, minlength=size) + damping)
    return means


class _Sorted:
    """The ratings sorted by one side's keys."""

    def __init__(self, keys: Rows, others: Rows, rest: Values, order: Rows) -> None:
        self.keys, self.others, self.rest = keys[order], others[order], rest[order]


def _solve(out: Values, factors: Values, ratings: _Sorted, penalty: float) -> None:
    """Ridge regression, for every key, of its ratings on the other side's factors."""
    edges = np.searchsorted(ratings.keys, np.arange(len(out) + 1))
    identity = np.eye(factors.shape[1])
    for key in range(len(out)):
        rows = slice(edges[key], edges[key + 1])
        x = factors[ratings.others[rows]]
        out[key] = np.linalg.solve(x.T @ x + penalty * (1 + len(x)) * identity, x.T @ ratings.rest[rows])
