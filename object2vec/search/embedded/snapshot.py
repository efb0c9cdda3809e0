"""One state of the catalogue in memory: parts that share row numbers, and what can be looked up in them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Rows, Scores, Vector
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder, PoolsItems, WordList
from object2vec.model.retrieval.forward import MAX_SESSION_ITEMS
from object2vec.ranker.complements import Complements
from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.items import ItemFacts
from object2vec.ranker.profiles import Profiles
from object2vec.ranker.successors import Successors
from object2vec.search.analysis import Analysis
from object2vec.search.embedded.columns import Columns
from object2vec.search.embedded.documents import Documents
from object2vec.search.embedded.looks import Looks
from object2vec.search.embedded.personal import by_popularity, facts_of
from object2vec.search.embedded.text.reader import LexicalReader
from object2vec.search.embedded.vectors import VectorTable
from object2vec.search.index import Request
from object2vec.search.item_statistics import STATISTICS, UNWANTED, Statistics
from object2vec.search.query import KEYWORDS, TextQuery, parse, signs_by_name
from object2vec.search.served_complements import ServedComplements, serve_complements
from object2vec.search.session import ItemSession
from object2vec.search.units import quantities
from object2vec.storage.item_log import Change

MOST_POPULAR = 2_000


class RowNumbers:
    """Item id → row of its current state. Immutable."""

    def __init__(self, base: Mapping[str, int], tail: Mapping[str, int | None] | None = None) -> None:
        self._base, self._tail = base, tail or {}

    def get(self, item_id: str) -> int | None:
        """The item's row; None if there is no such item (any more)."""
        if item_id in self._tail:
            return self._tail[item_id]
        return self._base.get(item_id)

    def base_row(self, item_id: str) -> int | None:
        """The item's row in the base, even if the item was changed or removed since."""
        return self._base.get(item_id)

    def changed(self, changes: Sequence[Change], first_row: int) -> tuple["RowNumbers", list[int]]:
        """After the changes, each upsert taking the next row; and the rows that became stale."""
        tail, row, stale = dict(self._tail), first_row, []
        for change in changes:
            current = tail[change.id] if change.id in tail else self._base.get(change.id)
            if current is not None:
                stale.append(current)
            if isinstance(change, CatalogItem):
                tail[change.id] = row
                row += 1
            else:
                tail[change.id] = None
        return RowNumbers(self._base, tail), stale


@dataclass(frozen=True, slots=True)
class RowSession:
    """`Session` of rows of an index."""

    ids: Sequence[str]
    rows: Sequence[int]
    vectors: VectorTable
    documents: Documents

    def vector(self, encoder: Encoder) -> Vector:
        return session_of(np.array(self.rows, np.int64), self.vectors, encoder, self.documents.at)


def session_of(
    rows: Rows, vectors: VectorTable, encoder: Encoder, item_at: Callable[[int], CatalogItem]
) -> Vector:
    """(dim,) the session of rows, oldest first, that the encoder encoded. Raises EndpointSilentError."""
    if not isinstance(encoder, PoolsItems):
        return ItemSession([item_at(row) for row in rows.tolist()]).vector(encoder)
    sums = vectors.sums(rows[-MAX_SESSION_ITEMS:])
    vector: Vector = encoder.sessions_of(sums, [np.arange(len(sums))])[0]
    return vector


def statistics_of(statistics: Statistics, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """(n,) of each statistic by name, for n items; 0 where it knows nothing about an item."""
    return {
        name: np.array([getattr(statistics, name).get(item_id, 0.0) for item_id in ids], np.float32)
        for name in STATISTICS
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class CatalogState:
    """One state of the catalogue. The parts share row numbers; a row whose item was removed or
    replaced is not alive."""

    version: str
    watermark: int
    numbers: RowNumbers
    documents: Documents
    columns: Columns
    vectors: VectorTable
    """The items' vectors, which are compared with sessions and with each other."""
    texts: VectorTable
    """The vectors of the items' texts, which are compared with queries. The same object if the model makes no
    difference."""
    looks: Looks
    lexical: LexicalReader
    alive: Mask
    statistics: Mapping[str, NDArray[np.float32]]
    """(rows,) of each statistic, by its name in STATISTICS."""
    copurchase: Copurchase
    profiles: Profiles
    successors: Successors
    complements: Complements | None
    """The counts of what goes into the same basket; None where nobody counted."""
    people_return: bool | None
    """Whether users come back to what they took; None where nobody knows."""
    background: float
    """The level of chance: hardly any item has this cosine with a query about something else."""
    nonsense: float
    """The same for a query of words that neither the catalogue nor the model know."""
    vocabulary: WordList | None = None
    """The model's words; None if it does not tell them."""

    def __len__(self) -> int:
        return self._size

    @property
    def analysis(self) -> Analysis:
        """The word forms of the catalogue's languages."""
        return self.lexical.analysis

    def query_of(self, request: Request) -> TextQuery:
        """A request's text as words, phrases and codes, with what they also stand for."""
        query = parse(request.text, prefix=request.prefix)
        spellings = (*quantities(query), *signs_by_name(query)) if len(query.words) <= KEYWORDS else ()
        known = (other for other in spellings if all(map(self.lexical.lookup.frequency, other.instead.words)))
        others = (*request.synonyms.alternatives(query, self.analysis, request.language), *known)
        return self.lexical.with_parts(replace(query, alternatives=others) if others else query)

    @cached_property
    def _size(self) -> int:
        return int(self.alive.sum())

    @cached_property
    def log_popularity(self) -> Scores:
        """The logarithm of popularity, in which twice as popular is the same step everywhere."""
        return np.log1p(np.maximum(self.statistics["popularity"].astype(np.float64), 0))

    @cached_property
    def wanted(self) -> Mask:
        """The rows that may be recommended: not clearly more people are against than for them."""
        return np.asarray(self.statistics["popularity"] >= UNWANTED)

    @cached_property
    def popular(self) -> Rows:
        """The most popular rows that may be recommended, best first: more than are ever candidates at once,
        so that enough remain behind a filter."""
        return by_popularity(self.statistics["popularity"], self.alive & self.wanted, MOST_POPULAR)

    @cached_property
    def facts(self) -> ItemFacts:
        """The facts that the ranker knows about the items."""
        counted = self.copurchase, self.profiles, self.successors
        return facts_of(self.columns, self.statistics, *counted, row_of=self.numbers.get)

    def get(self, item_id: str) -> CatalogItem | None:
        """The item, or None."""
        row = self.numbers.get(item_id)
        return None if row is None else self.documents.at(row)

    def get_many(self, item_ids: Sequence[str]) -> dict[str, CatalogItem]:
        """Those of the items that exist, by id."""
        return {item_id: item for item_id in item_ids if (item := self.get(item_id))}

    def session(self, item_ids: Sequence[str]) -> RowSession:
        """Those of a history's items that exist."""
        known = {i: row for i in dict.fromkeys(item_ids) if (row := self.numbers.get(i)) is not None}
        ids = [item_id for item_id in item_ids if item_id in known]
        return RowSession(ids, [known[item_id] for item_id in ids], self.vectors, self.documents)

    def vector(self, item_id: str) -> Vector | None:
        """(dim,) the item's vector, or None."""
        row = self.numbers.get(item_id)
        return None if row is None else self.vectors.at(np.array([row]))[0]

    def find_complements(self, item_ids: Sequence[str], *, one_basket: bool = False) -> ServedComplements:
        """The complements of some items; `one_basket`: what else is in a basket that has them."""
        table = self.complements or Complements.empty()
        if one_basket and table.in_basket is not None:
            table = table.in_basket
        return serve_complements(table, item_ids, self._similar_counted)

    def _similar_counted(self, item_id: str, count: int) -> list[tuple[str, float]]:
        """The counted items nearest to one, with their cosines."""
        vector = self.vector(item_id)
        if vector is None or not vector.any():
            return []
        others = self._counted.copy()
        others[self.rows_of([item_id])] = False
        rows, cosines = self.vectors.nearest(vector, count, others)
        order = np.lexsort((rows, -cosines))
        return [(self.documents.at(int(rows[at])).id, float(cosines[at])) for at in order]

    @cached_property
    def _counted(self) -> Mask:
        """(rows,) the items that were counted."""
        counted = np.zeros(len(self.alive), np.bool_)
        counted[self.rows_of(() if self.complements is None else self.complements.item_ids)] = True
        return counted & self.alive

    def look(self, item_id: str) -> Vector | None:
        """(k,) how the item looks; None without a picture."""
        row = self.numbers.get(item_id)
        return None if row is None else self.looks.at(row)

    def look_of(self, picture: Vector) -> Vector:
        """(k,) how a picture's vector looks. Raises BadRequestError."""
        return self.looks.of(picture)

    def rows_of(self, item_ids: Iterable[str]) -> list[int]:
        """The rows of those of the items that exist."""
        return [row for item_id in item_ids if (row := self.numbers.get(item_id)) is not None]
