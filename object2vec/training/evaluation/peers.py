"""Counting baselines: systems that need no training and that a model has to beat.

Each is fitted to the time before the test period and scores all items for the users of a hold-out:
    popularity      the same list for everyone
    own-frequency   what the user bought before, recent purchases counting more
    item-knn        cosine of the items' columns of users (Sarwar et al. 2001), recent items counting more
    co-occurrence   what followed these items, by 1 / distance (Ludewig & Jannach 2018, sequential rules)
    user-knn        own and neighbours' profiles, which fade with time (Hu et al. 2020, TIFU-KNN)
    ease            linear autoencoder in closed form (Steck 2019), of the most frequent items
Where a system has no score for an item, popularity decides, so that every list is full.
"""

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
from scipy import sparse

from object2vec.core.arrays import Matrix, Rows, Scores
from object2vec.core.time import DAY_S
from object2vec.ranker.copurchase_fit import Counts, linear_weights
from object2vec.training.dataset import Interactions
from object2vec.training.holdouts import Holdout
from object2vec.training.ranking_metrics import Scorer

OWN_HALF_LIFE_DAYS = 90.0  # best of 30, 60, 90 and 180 on the sample shop's validation period
_HALF_LIFE_EVENTS = 20.0  # where no times are known
_REACH = 10  # events that what follows an item may be away from it
_NEIGHBOURS = 100  # of user-knn
_OWN_SHARE, _OWN_SHARE_UNTIMED = 0.8, 0.5  # best of 0, .5, .8 and .95 on the sample shop's inner period
_MOST_USERS = 20_000  # profiles that user-knn looks at
_EASE_ITEMS = 2_000  # the inverse of their matrix takes a second and 50 MB
_AT_ONCE = 20_000  # users of the log that item-kNN multiplies with at once
_BEHIND = 1e-6


def popularity_scorer(popularity: Rows) -> Scorer:
    """A scorer that gives everyone the same list."""
    return lambda at: np.tile(popularity.astype(np.float32), (len(at), 1))


def own_frequency_scorer(popularity: Rows, users: Holdout) -> Scorer:
    """A scorer of the user's previous purchases, recent ones counting more; popularity decides the rest."""
    behind = (popularity / (popularity.max(initial=0) + 1) * 1e-3).astype(np.float32)

    def score(at: Rows) -> Matrix:
        scores = np.tile(behind, (len(at), 1))
        for row, user in zip(scores, at.tolist(), strict=True):
            np.add.at(row, users.histories[user], recency(users, user).astype(np.float32))
        return scores

    return score


def recency(users: Holdout, user: int) -> Scores:
    """(events,) how much each event of a user counts: by its age in days, or in events without times."""
    if users.timed:
        return np.asarray(np.exp2(-users.ages[user] / OWN_HALF_LIFE_DAYS))
    return np.asarray(np.exp2(-np.arange(len(users.histories[user]))[::-1] / _HALF_LIFE_EVENTS))


class Counting:
    """The counts of one log, of which each peer is made once and asked about many users."""

    def __init__(self, past: Interactions, popularity: Rows) -> None:
        self._past, self._popularity = past, popularity
        self._behind = (popularity / (popularity.max(initial=0) + 1) * _BEHIND).astype(np.float32)
        self._items = len(popularity)

    def scorers(self, users: Holdout) -> Mapping[str, Callable[[], Scorer]]:
        """The scorers by name; each is fitted when it is used first."""
        return {
            "popularity": lambda: popularity_scorer(self._popularity),
            "own-frequency": lambda: own_frequency_scorer(self._popularity, users),
            "item-knn": lambda: self._item_knn(users),
            "co-occurrence": lambda: self._co_occurrence(users),
            "user-knn": lambda: self._user_knn(users),
            "ease": lambda: self._ease(users),
        }

    def _item_knn(self, users: Holdout) -> Scorer:
        def score(asked: sparse.csr_array) -> Matrix:
            """Some of the log's users at a time: nearly all share an item with an asked user, and dense
            rows multiply in a tenth of the time."""
            shared, scores = asked @ self._buyers, np.zeros((self._items, asked.shape[0]), np.float32)
            for first in range(0, shared.shape[1], _AT_ONCE):
                some = slice(first, first + _AT_ONCE)
                scores += self._columns[some].T @ shared[:, some].T.toarray()
            return scores.T

        return self._scored(users, score)

    def _co_occurrence(self, users: Holdout) -> Scorer:
        return self._scored(users, lambda asked: (asked @ self._follows).toarray(), newest=_REACH)

    def _user_knn(self, users: Holdout) -> Scorer:
        profiles, rooted = self._faded
        of_item = rooted.T.tocsr()  # converted once: each product would do it again
        own_share = _OWN_SHARE if users.timed else _OWN_SHARE_UNTIMED

        def score(asked: sparse.csr_array) -> Matrix:
            similarity = (_unit_rows(asked.sqrt()) @ of_item).toarray()
            if similarity.shape[1] > _NEIGHBOURS:
                least = np.partition(similarity, -_NEIGHBOURS, axis=1)[:, -_NEIGHBOURS][:, None]
                similarity = np.where(similarity >= least, similarity, 0.0)
            near = sparse.csr_array((similarity > 0).astype(np.float32))
            share = sparse.diags_array(1 / np.maximum(np.asarray(near.sum(axis=1)).ravel(), 1))
            scores: Matrix = (own_share * asked + (1 - own_share) * (share @ near @ profiles)).toarray()
            return scores

        return self._scored(users, score)

    def _ease(self, users: Holdout) -> Scorer:
        frequent, weights = self._linear

        def score(at: Rows) -> Matrix:
            scores = np.tile(self._behind, (len(at), 1))
            scores[:, frequent] += self._asked(users, at)[:, frequent] @ weights
            return scores

        return score

    @cached_property
    def _columns(self) -> sparse.csr_array:
        """(users, items) who bought what, columns of length 1."""
        bought = self._profiles(np.ones(len(self._past), np.float32)).sign()
        norms = np.sqrt(np.asarray(bought.sum(axis=0), np.float32).ravel())
        return sparse.csr_array(bought @ sparse.diags_array(1 / np.maximum(norms, 1e-9)))

    @cached_property
    def _buyers(self) -> sparse.csr_array:
        """(items, users) the same by item."""
        return self._columns.T.tocsr()

    @cached_property
    def _follows(self) -> sparse.csr_array:
        """(items, items) what came after an item, by 1 / distance."""
        past, follows = self._past, sparse.csr_array((self._items, self._items), dtype=np.float32)
        for distance in range(1, _REACH + 1):
            same = np.flatnonzero(past.users[distance:] == past.users[:-distance])
            pair = past.items[same], past.items[same + distance]
            share = np.full(len(same), 1 / distance, np.float32)
            follows = follows + sparse.csr_array((share, pair), shape=follows.shape)
        return follows

    @cached_property
    def _faded(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """(users, items) profiles that fade with time, and their roots as rows of length 1."""
        days = (self._past.times.max(initial=0) - self._past.times) / DAY_S
        kept = np.unique(self._past.users)[-_MOST_USERS:]
        profiles = self._profiles(np.exp2(-days / OWN_HALF_LIFE_DAYS).astype(np.float32))[kept]
        return profiles, _unit_rows(profiles.sqrt())

    @cached_property
    def _linear(self) -> tuple[Rows, Matrix]:
        """The most frequent items and the weights between them."""
        frequent = np.argsort(-self._popularity, kind="stable")[:_EASE_ITEMS]
        place = np.full(self._items, -1)
        place[frequent] = np.arange(len(frequent))
        among = self._past.where(place[self._past.items] >= 0)
        pairs, times = np.unique(among.users * self._items + place[among.items], return_counts=True)
        who, item = np.divmod(pairs, self._items)
        return frequent, linear_weights(Counts(who, item, times), len(frequent))

    def _profiles(self, weights: Matrix) -> sparse.csr_array:
        """(users, items) the summed weights of the log's events."""
        shape = int(self._past.users.max(initial=-1)) + 1, self._items
        return sparse.csr_array((weights, (self._past.users, self._past.items)), shape=shape)

    def _asked(self, users: Holdout, at: Rows, newest: int | None = None) -> sparse.csr_array:
        """(b, items) the histories of some users, recent events counting more; only the `newest` if given."""
        rows, items, weights = [], [], []
        for row, user in enumerate(at.tolist()):
            history = users.histories[user][-newest:] if newest else users.histories[user]
            counted = 1 / np.arange(len(history), 0, -1.0) if newest else recency(users, user)
            rows.append(np.full(len(history), row))
            items.append(history)
            weights.append(counted)
        flat = (np.concatenate(part) for part in (weights, rows, items))
        values, owners, columns = flat
        shape = len(at), self._items
        return sparse.csr_array((values.astype(np.float32), (owners, columns)), shape=shape)

    def _scored(
        self,
        users: Holdout,
        score: Callable[[sparse.csr_array], Matrix],
        newest: int | None = None,
    ) -> Scorer:
        return lambda at: np.asarray(score(self._asked(users, at, newest)) + self._behind, np.float32)


def _unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.diags_array(1 / np.maximum(norms, 1e-9)) @ matrix)
