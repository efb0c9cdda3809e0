"""MovieLens-100k's ua split, and a rating as a pair of token sequences.

`ua.base` and `ua.test` are not in the wheel, but their script is known: of every user the first ten ratings in
the order of the file are the test (GroupLens's allbut.pl, called with 1 and 10), the rest is the base.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.movielens_data import MovieLens
from object2vec.model.sequences import Sequences
from object2vec.training.pairs.data import Pairs

Rows = NDArray[np.int64]
RATINGS = 5


def first_of_each_user(users: Rows, count: int) -> NDArray[np.bool_]:
    """True at the first `count` events of every user, in file order: (n,)."""
    order = np.argsort(users, kind="stable")
    starts = np.searchsorted(users[order], users[order])
    first = np.empty(len(users), np.bool_)
    first[order] = np.arange(len(users)) - starts < count
    return first


@dataclass(frozen=True, slots=True)
class Described:
    """How users and films are written as tokens, given what is known of them (`base`, rows of the file).

    A user is his own token and what he rated, one token a film and rating; a film is its own token and who rated
    it how. The rating that is asked for is never among them. In training only a random share of the others is
    shown: what is left out must not be the one thing to be guessed."""

    films: MovieLens
    base: Rows
    longest: int
    own: int  # how often the own token is repeated: its weight in the mean

    def pairs(self, rows: Rows, share: float = 1.0) -> Pairs:
        """The ratings at `rows` of the file as pairs, with a share of what else is known."""
        films = self.films
        known = films.ratings[self.base].astype(np.int64) - 1
        rated = 1 + films.user_count + films.items[self.base] * RATINGS + known
        raters = 1 + films.item_count + films.users[self.base] * RATINGS + known
        in0 = self._side(rows, films.users, rated, films.users[rows] + 1, share)
        in1 = self._side(rows, films.items, raters, films.items[rows] + 1, share)
        return Pairs(films.ratings[rows].astype(np.float32), (in0, in1))

    def _side(self, rows: Rows, keys: Rows, tokens: Rows, own: Rows, share: float) -> Sequences:
        order = np.argsort(keys[self.base], kind="stable")
        starts = np.searchsorted(keys[self.base][order], np.arange(keys.max() + 2))
        parts = []
        rng = np.random.default_rng(0)
        for row, token in zip(rows.tolist(), own.tolist(), strict=True):
            members = order[starts[keys[row]] : starts[keys[row] + 1]]
            members = members[self.base[members] != row]
            shown = min(self.longest, round(share * len(members)))
            if shown < len(members):
                members = rng.choice(members, shown, replace=False)
            parts.append(np.concatenate([np.full(self.own, token), tokens[members]]))
        lengths = np.fromiter((len(part) for part in parts), np.int64, len(parts))
        return Sequences(np.concatenate(parts).astype(np.int32), lengths)
