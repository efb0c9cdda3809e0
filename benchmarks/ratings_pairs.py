"""MovieLens-100k's ua split, and a rating as a pair of token sequences.

`ua.base` and `ua.test` are not in the wheel, but their script is known: of every user the first ten ratings
in the order of the file are the test (GroupLens's allbut.pl, called with 1 and 10), the rest is the base.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.movielens_data import MovieLens
from object2vec.core.arrays import Mask, Rows
from object2vec.model.pairs.sequences import Sequences
from object2vec.training.pairs.data import Pairs


def first_of_each_user(users: Rows, count: int) -> Mask:
    """(n,) True for the first `count` ratings of every user, in file order."""
    order = np.argsort(users, kind="stable")
    starts = np.searchsorted(users[order], users[order])
    first = np.empty(len(users), np.bool_)
    first[order] = np.arange(len(users)) - starts < count
    return first


@dataclass(frozen=True, slots=True)
class Described:
    """How a rating is written: in0 is the user's token; in1 the film's own token, repeated `own` times, with
    one token a genre and one for the decade. The repeats are the film's weight in the mean."""

    films: MovieLens
    own: int
    genres: bool

    def pairs(self, rows: Rows) -> Pairs:
        """The ratings at `rows` of the file as pairs."""
        users = self.films.users[rows].astype(np.int32) + 1
        in0 = Sequences(users, np.ones(len(rows), np.int64))
        in1 = self._films().take(self.films.items[rows])
        return Pairs(self.films.ratings[rows].astype(np.float32), (in0, in1))

    def _films(self) -> Sequences:
        count = self.films.item_count
        features: dict[str, int] = {}
        sequences = []
        for film in range(count):
            names = [*self.films.genres[film], self.films.years[film][:3]] if self.genres else []
            tokens = [features.setdefault(name, count + 1 + len(features)) for name in names if name]
            sequences.append([film + 1] * self.own + tokens)
        lengths = np.fromiter((len(tokens) for tokens in sequences), np.int64, count)
        return Sequences(np.fromiter((t for tokens in sequences for t in tokens), np.int32), lengths)
