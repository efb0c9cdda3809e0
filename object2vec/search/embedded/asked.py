"""A request as this catalogue understands it: rows in place of ids, and signals that have an effect."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from object2vec.core.arrays import Rows, Scores, Vector
from object2vec.ranker.forest import Forest
from object2vec.ranker.history import History
from object2vec.search import fusion
from object2vec.search.embedded.snapshot import CatalogState
from object2vec.search.embedded.vectors import VectorTable
from object2vec.search.index import Request
from object2vec.search.query import TextQuery


@dataclass(frozen=True, slots=True)
class ComplementRows:
    """The rows that go with a basket."""

    rows: Rows
    """(n,) ascending."""
    shares: Scores
    """(n,)"""

    def at(self, rows: Rows, *, relative: bool) -> Scores:
        """(m,) the shares of rows (ascending), 0 where they do not go with it; `relative` to the greatest."""
        found = np.zeros(len(rows))
        inside = np.flatnonzero(np.isin(rows, self.rows))
        found[inside] = self.shares[np.searchsorted(self.rows, rows[inside])]
        return fusion.normalised(found) if relative else found


class JudgedBy(NamedTuple):
    """The forest that judges candidates, and the shopper's history as rows."""

    forest: Forest
    history: History


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The signals of a request; None for those that it has not."""

    snapshot: CatalogState
    request: Request
    query: TextQuery | None
    vectors: Mapping[str, Vector]
    """Other than zeros, by the names of their signals: `semantic`, `profile`, `look`."""
    complements: ComplementRows | None
    judged_by: JudgedBy | None

    @property
    def lists_everything(self) -> bool:
        """Whether there is no signal: every row, by popularity or trend."""
        request = self.request
        words = self.query is not None or bool(request.description)
        vectors = request.vector is not None or request.look is not None
        return not words and not vectors and self.complements is None and not self.vectors

    def space(self, name: str) -> VectorTable:
        """The vectors that those of a signal are compared with: of texts for a query, of items for a session
        and an item."""
        of_query = name == "semantic" and not self.request.near_item
        return self.snapshot.texts if of_query else self.snapshot.vectors


def asked_of(snapshot: CatalogState, request: Request) -> Asked:
    """The request's signals."""
    query = snapshot.query_of(request) if request.text else None
    vectors = _vectors(snapshot, request, query)
    preference = request.preference if "profile" in vectors else None
    judged_by = None
    if preference is not None:
        judged_by = JudgedBy(preference.forest, preference.history(snapshot.numbers.get))
    return Asked(snapshot, request, query, vectors, _complements(snapshot, request), judged_by)


def _vectors(snapshot: CatalogState, request: Request, query: TextQuery | None) -> dict[str, Vector]:
    """A query of stop words alone is compared as words: its meaning has no weight."""
    named = (("semantic", request.vector), ("profile", request.session_vector), ("look", request.look))
    found = {name: vector for name, vector in named if vector is not None and vector.any()}
    if query is not None and snapshot.lexical.has_stop_words_alone(query):
        found.pop("semantic", None)
    return found


def _complements(snapshot: CatalogState, request: Request) -> ComplementRows | None:
    """The request's complements that are items of this catalogue."""
    if request.complements is None:
        return None
    rows = {snapshot.numbers.get(item_id): share for item_id, share in request.complements.items()}
    known = sorted((row, share) for row, share in rows.items() if row is not None)
    return ComplementRows(
        np.array([row for row, _ in known], np.int64), np.array([share for _, share in known], np.float64)
    )
