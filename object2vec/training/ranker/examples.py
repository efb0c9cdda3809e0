"""The ranker's examples: shoppers at a moment, the candidates that serving would find for them, and which of
them they took in the weeks after.

Features and candidates come from the code that serves (object2vec.ranker, object2vec.search), over statistics
of the time before the moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Matrix, Rows
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.core.history import RECENT
from object2vec.ranker.features import FEATURES, features_of
from object2vec.ranker.forest import Forest
from object2vec.ranker.history import History
from object2vec.ranker.items import ItemFacts
from object2vec.search.embedded.columns import Columns
from object2vec.search.embedded.finder import NEIGHBOURS_ALONE
from object2vec.search.embedded.personal import CATEGORY, PRICE, by_popularity, candidates_of, facts_of
from object2vec.search.embedded.snapshot import MOST_POPULAR, session_of, statistics_of
from object2vec.search.embedded.vectors import VectorTable, encoded
from object2vec.search.item_statistics import UNWANTED
from object2vec.training.dataset import Catalogue
from object2vec.training.holdouts import Holdout
from object2vec.training.progress import tracked
from object2vec.training.ranker.counts import CountsOfTwo, RankerCounts
from object2vec.training.ranking_metrics import Scorer


@dataclass(frozen=True, eq=False)
class Shelf:
    """The catalogue with its statistics at one moment, as serving would have them; rows are positions in the
    dataset's catalogue."""

    items: Sequence[CatalogItem]
    encoder: Encoder
    vectors: VectorTable
    facts: ItemFacts
    wanted: NDArray[np.bool_]
    """(n,) what may be recommended."""
    popular: Rows
    """The most popular of them, best first."""
    for_newcomers: "Shelf | None" = None
    """The same with the counts for newcomers; None where they are the same."""

    @classmethod
    def of(cls, catalogue: Catalogue, encoder: Encoder, counts: CountsOfTwo) -> "Shelf":
        """All was counted before the moment."""
        items = catalogue.items()
        vectors, columns = VectorTable.build(encoded(encoder, items)), _columns_of(items)
        row_of = {item_id: row for row, item_id in enumerate(catalogue.ids)}.get

        def counted(of: RankerCounts, for_newcomers: Shelf | None = None) -> Shelf:
            by_row = statistics_of(of.statistics, catalogue.ids)
            facts = facts_of(columns, by_row, of.copurchase, of.profiles, of.successors, row_of=row_of)
            wanted = by_row["popularity"] >= UNWANTED
            popular = by_popularity(by_row["popularity"], wanted, MOST_POPULAR)
            return cls(items, encoder, vectors, facts, wanted, popular, for_newcomers)

        same = counts.newcomers is counts.known
        return counted(counts.known, None if same else counted(counts.newcomers))

    def asked_by(self, users: Holdout) -> "Shelf":
        """The shelf whose counts may know of these users."""
        return self if users.counted or self.for_newcomers is None else self.for_newcomers

    def candidates(self, history: History) -> tuple[Rows, NDArray[np.float32]]:
        """The rows that serving ranks for a shopper, ascending, and their cosines with the session."""
        session = session_of(history.rows, self.vectors, self.encoder, self.items.__getitem__)
        near, _ = self.vectors.nearest(session, NEIGHBOURS_ALONE, self.wanted)
        rows = candidates_of(history, near, self.popular, self.facts, self.wanted)
        return rows, self.vectors.at(rows) @ session

    def features(self, history: History) -> tuple[Rows, NDArray[np.float32]]:
        """The candidates and the matrix the ranker sees of them."""
        rows, similarity = self.candidates(history)
        return rows, features_of(self.facts, history, rows, similarity)


def _columns_of(items: Sequence[CatalogItem]) -> Columns:
    """The fields whose meaning the ranker knows."""
    known = ({name: item.metadata.get(name) for name in (CATEGORY, PRICE)} for item in items)
    return Columns().extended([CatalogItem("", "", metadata) for metadata in known])


@dataclass(frozen=True, eq=False)
class Examples:
    """n candidates of s shoppers, one shopper after the other."""

    matrix: NDArray[np.float32]
    """(n, features)"""
    taken: NDArray[np.bool_]
    """(n,)"""
    repeats: NDArray[np.bool_]
    """(n,) whether the shopper had the item before"""
    sizes: Rows
    """(s,)"""
    relevant: Rows
    """(s,) how many items the shopper took in all"""

    def owners(self) -> Rows:
        """(n,) the place of each candidate's shopper."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def and_then(self, other: "Examples") -> "Examples":
        """These shoppers, then the other's."""
        columns = (np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(Examples))
        return Examples(*columns)


def examples(
    shelf: Shelf, users: Holdout, *, timed: NDArray[np.bool_] | None = None, unseen: bool = False
) -> Examples:
    """The examples of s shoppers, by the counts that may know them. `timed` (s,) says for which of them times
    are known; all by default.
    `unseen`: without what the shopper had, which is not served where people do not come back to an item."""
    shelf, matrices, taken, repeats = shelf.asked_by(users), [], [], []
    for user in tracked(range(len(users)), "ranker"):
        history = history_of(users, user, timed=timed is None or bool(timed[user]))
        rows, matrix = shelf.features(history)
        if unseen:
            fresh = ~np.isin(rows, history.rows)
            rows, matrix = rows[fresh], matrix[fresh]
        matrices.append(matrix)
        taken.append(np.isin(rows, users.relevant[user]))
        repeats.append(np.isin(rows, history.rows))
    empty = np.zeros(0, np.bool_)
    return Examples(
        np.concatenate([np.zeros((0, len(FEATURES)), np.float32), *matrices]),
        np.concatenate([empty, *taken]),
        np.concatenate([empty, *repeats]),
        np.array([len(matrix) for matrix in matrices], np.int64),
        np.array([len(wanted) for wanted in users.relevant], np.int64),
    )


def history_of(users: Holdout, user: int, *, timed: bool = True) -> History:
    """A shopper's history, as serving would read it."""
    rows = users.histories[user][-RECENT:]
    known = timed and users.timed
    return History(rows, np.maximum(users.ages[user][-RECENT:], 0.0) if known else None)


def ranker_scorer(shelf: Shelf, forest: Forest, users: Holdout) -> Scorer:
    """A scorer of model and ranker together, as they are served; items that are no candidates come last."""
    ranked, asked = [], shelf.asked_by(users)
    for user in range(len(users)):
        rows, matrix = asked.features(history_of(users, user))
        ranked.append((rows, forest.predict(matrix)))

    def score(at: Rows) -> Matrix:
        scores = np.full((len(at), len(shelf.items)), -np.inf, np.float32)
        for row, user in zip(scores, at, strict=True):
            rows, values = ranked[user]
            row[rows] = values
        return scores

    return score
