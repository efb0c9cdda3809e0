"""The embedded engine: faiss vectors, tantivy BM25 and columns of one base index, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from object2vec.catalog import CatalogItem
from object2vec.data.item_log import Change
from object2vec.encoder import Encoder
from object2vec.search import facets, fusion, ranking
from object2vec.search.columns import Columns
from object2vec.search.documents import Documents
from object2vec.search.errors import BadRequestError
from object2vec.search.filters import find
from object2vec.search.index import Capabilities, Hit, Request, Result, Sort, Vector, question_of
from object2vec.search.lexical import LexicalIndex, LexicalReader
from object2vec.search.rows import RowNumbers
from object2vec.search.vectors import Vectors

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]

NEIGHBOURS = 200
"""How many nearest items join the lexical matches of a hybrid search."""
NEIGHBOURS_ALONE = 1_000
"""How many nearest items a result without a lexical part has."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddedSnapshot:
    """One state of the catalogue. The parts share row numbers; a row whose item was removed or
    replaced is not alive."""

    version: str
    watermark: int
    numbers: RowNumbers
    documents: Documents
    columns: Columns
    vectors: Vectors
    lexical: LexicalReader
    alive: Mask
    popularity: NDArray[np.float32]

    def __len__(self) -> int:
        return self._size

    @cached_property
    def _size(self) -> int:
        return int(self.alive.sum())

    def get(self, item_id: str) -> CatalogItem | None:
        row = self.numbers.get(item_id)
        return None if row is None else self.documents.at(row)

    def get_many(self, item_ids: Sequence[str]) -> dict[str, CatalogItem]:
        return {item_id: item for item_id in item_ids if (item := self.get(item_id))}

    def vector(self, item_id: str) -> Vector | None:
        row = self.numbers.get(item_id)
        return None if row is None else self.vectors.at(np.array([row]))[0]

    def search(self, request: Request) -> Result:
        question = question_of(request)
        after = ranking.decode_cursor(request.cursor, self.version, question) if request.cursor else None
        rows, parts = self._candidates(request, self._allowed(request))
        scores: Scores = sum(parts.values(), np.zeros(len(rows)))
        keys = self._sort_keys(request.sort, rows) if request.sort else scores
        best, best_keys, more = ranking.page(rows, keys, request.limit, after)
        cursor = None
        if more:
            last = ranking.Position(float(best_keys[-1]), int(best[-1]))
            cursor = ranking.encode_cursor(self.version, question, last)
        return Result(
            hits=self._hits(best, rows, parts),
            total=len(rows),
            facets=facets.count(self.columns, tuple(request.facets), rows),
            next_cursor=cursor,
        )

    def _allowed(self, request: Request) -> Mask:
        allowed = self.alive & request.filters.mask(self.columns)
        excluded = [row for item_id in request.exclude if (row := self.numbers.get(item_id)) is not None]
        allowed[excluded] = False
        return allowed

    def _candidates(self, request: Request, allowed: Mask) -> tuple[Rows, dict[str, Scores]]:
        """The rows of the result, ascending, and the parts of their scores. With a text: all its lexical
        matches and the nearest neighbours; with vectors alone: the neighbours; with nothing: every row. A
        profile ranks what a query found, it adds nothing to it."""
        named = (("semantic", request.vector), ("profile", request.profile))
        dense = {name: vector for name, vector in named if vector is not None and vector.any()}
        if not request.text and request.vector is None and not dense:
            rows = np.flatnonzero(allowed)
            return rows, {"popularity": self.popularity[rows].astype(np.float64)}
        sparse = self._lexical_signals(request.text, allowed) if request.text else {}
        found = [matched for matched, _ in sparse.values()]
        leading = dense.get("semantic", None if request.text else dense.get("profile"))
        if leading is not None:
            depth = NEIGHBOURS if request.text else NEIGHBOURS_ALONE
            found.append(self.vectors.nearest(leading, depth, allowed)[0])
        member = np.zeros(len(allowed), np.bool_)
        for some in found:
            member[some] = True
        rows = np.flatnonzero(member)
        signals = {name: _scattered(len(allowed), *signal)[rows] for name, signal in sparse.items()}
        at_rows = self.vectors.at(rows)
        signals |= {
            name: np.maximum(at_rows @ vector, 0).astype(np.float64) for name, vector in dense.items()
        }
        return rows, fusion.weighted(signals)

    def _lexical_signals(self, text: str, allowed: Mask) -> dict[str, tuple[Rows, NDArray[np.float32]]]:
        matched, bm25 = self.lexical.matches(text, allowed)
        exact = self.lexical.exact(text)
        exact = exact[allowed[exact]]
        return {
            "lexical": (matched, fusion.normalised(bm25)),
            "exact": (exact, np.ones(len(exact), np.float32)),
        }

    def _sort_keys(self, sort: Sort, rows: Rows) -> Scores:
        column = find(self.columns, sort.field)
        if not column.numeric:
            raise BadRequestError(f"field {sort.field!r} has no numbers to sort by")
        keys = column.numbers[rows] * (1.0 if sort.descending else -1.0)
        return np.where(np.isnan(keys), -np.inf, keys)

    def _hits(self, best: Rows, rows: Rows, parts: Mapping[str, Scores]) -> list[Hit]:
        places = np.searchsorted(rows, best)
        hits = []
        for row, place in zip(best, places, strict=True):
            values = {
                name: float(part)
                for name, scores in parts.items()
                if (part := scores[place]) or name != "exact"
            }
            hits.append(Hit(self.documents.at(int(row)), sum(values.values()), values))
        return hits


class EmbeddedIndex:
    """`SearchIndex` over a base in a private directory. One thread at a time may call `apply`; readers hold a
    snapshot and are never disturbed."""

    capabilities = Capabilities()

    def __init__(
        self,
        *,
        snapshot: EmbeddedSnapshot,
        lexical: LexicalIndex,
        encoder: Encoder,
        popularity: Mapping[str, float],
    ) -> None:
        self._snapshot, self._lexical, self._encoder = snapshot, lexical, encoder
        self._popularity = popularity

    @property
    def snapshot(self) -> EmbeddedSnapshot:
        return self._snapshot

    def apply(self, changes: Sequence[Change], watermark: int) -> None:
        """Every upsert gets a row of its own, in log order, so that all processes number rows alike."""
        old = self._snapshot
        added = [change for change in changes if isinstance(change, CatalogItem)]
        numbers, replaced = old.numbers.changed(changes, first_row=len(old.alive))
        popularity = np.array([self._popular(item.id) for item in added], np.float32)
        alive = np.concatenate([old.alive, np.ones(len(added), np.bool_)])
        alive[replaced] = False
        vectors = old.vectors.extended(self._encoder.encode_items(added)) if added else old.vectors
        self._lexical.update(replaced, len(old.alive), added)
        self._snapshot = replace(
            old,
            watermark=watermark,
            numbers=numbers,
            documents=old.documents.extended(added),
            columns=old.columns.extended(added),
            vectors=vectors,
            lexical=self._lexical.reader,
            alive=alive,
            popularity=np.concatenate([old.popularity, popularity]),
        )

    def _popular(self, item_id: str) -> float:
        row = self._snapshot.numbers.base_row(item_id)
        if row is None:
            return self._popularity.get(item_id, 0.0)
        return float(self._snapshot.popularity[row])


def _scattered(size: int, rows: Rows, values: NDArray[np.float32]) -> Scores:
    """The values at their rows, zero elsewhere."""
    scores = np.zeros(size, np.float64)
    scores[rows] = values
    return scores
