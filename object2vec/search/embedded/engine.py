"""The embedded engine: faiss vectors, tantivy BM25 and columns of one base index, in memory."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Rows, Scores
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.core.errors import BadRequestError
from object2vec.search import ranking
from object2vec.search.embedded import facets, ordering
from object2vec.search.embedded.candidates import Candidates, Finder, notes_about
from object2vec.search.embedded.masks import find, mask_of
from object2vec.search.embedded.merchandising import Merchandising
from object2vec.search.embedded.snapshot import CatalogState
from object2vec.search.embedded.text import spelling
from object2vec.search.embedded.text.index import LexicalIndex
from object2vec.search.embedded.vectors import VectorTable, encoded, encoded_texts
from object2vec.search.filters import Condition, without
from object2vec.search.formats import EMBEDDED
from object2vec.search.index import (
    FacetRange,
    FacetValue,
    Hit,
    Request,
    Result,
    Sort,
    question_of,
)  # fmt: skip
from object2vec.search.popularity import Statistics
from object2vec.search.rules import applicable
from object2vec.storage.item_log import Change

_ALWAYS = ("lexical", "semantic", "profile", "preference", "popularity", "trending")
"""Parts that are shown even where they are 0."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddedSnapshot(CatalogState):
    """The state, and the answers from it."""

    def corrected(self, text: str, known: Callable[[str], bool] | None = None) -> str:
        return spelling.corrected(text, self.lexical, self.documents, known)

    def search(self, request: Request) -> Result:
        rules = Merchandising(self, applicable(request.rules, request.text))
        question = question_of(request)
        state = self.cursor_state(request)
        after = ranking.decode_cursor(request.cursor, state, question) if request.cursor else None
        finder, allowed = Finder(self, request), self._allowed(request, request.filters, rules)
        pins = rules.pins(allowed)
        found = rules.applied(finder.find(allowed), pins)
        keys = self._keys(request, found, pins)
        best, best_keys, more = ranking.page(found.rows, keys, request.limit, after)
        cursor = None
        if more:
            last = ranking.Position(float(best_keys[-1]), int(best[-1]))
            cursor = ranking.encode_cursor(state, question, last)
        return Result(
            hits=self._hits(best, found, rules),
            total=len(found.rows),
            facets={name: self._facet(name, request, finder, found, rules) for name in request.facets},
            next_cursor=cursor,
            notes=[*notes_about(found), *rules.notes],
        )

    def cursor_state(self, request: Request) -> str:
        """What must be the same for a cursor to be of use: a diversified order changes with any item."""
        stored = tuple(rule for rule in request.rules if rule.stored)
        rules = f"#{zlib.crc32(repr(stored).encode('utf-8', 'replace')):x}" if stored else ""
        return f"{self.version}@{self.watermark if request.diversity else ''}{rules}"

    def _allowed(self, request: Request, condition: Condition, rules: Merchandising) -> Mask:
        allowed = self.alive & mask_of(condition, self.columns)
        allowed[self.rows_of(request.exclude)] = False
        return rules.without_excluded(allowed)

    def _keys(self, request: Request, found: Candidates, pins: Sequence[int]) -> Scores:
        if request.sort is not None:
            return self._sort_keys(request.sort, found.rows)
        keys = found.scores
        if request.diversity:
            keys = ordering.diversified(found.rows, keys, self.vectors, request.diversity)
        return ordering.pinned(found.rows, keys, pins)

    def _sort_keys(self, sort: Sort, rows: Rows) -> Scores:
        column = find(self.columns, sort.field)
        if not column.numeric:
            raise BadRequestError(f"field {sort.field!r} has no numbers to sort by")
        keys = column.numbers[rows] * (1.0 if sort.descending else -1.0)
        return np.where(np.isnan(keys), -np.inf, keys)

    def _facet(
        self, name: str, request: Request, finder: Finder, found: Candidates, rules: Merchandising
    ) -> list[FacetValue | FacetRange]:
        """Counted as if the filter asked nothing of this field: what choosing another value would give."""
        column, rows = find(self.columns, name), found.rows
        others = without(request.filters, name)
        if others is not request.filters:
            rows = finder.rows(self._allowed(request, others, rules), like=found)
        return facets.count(column, rows, self.columns.rows, request.boundaries.get(name, ()))

    def _hits(self, best: Rows, found: Candidates, rules: Merchandising) -> list[Hit]:
        places = np.searchsorted(found.rows, best)
        hits = []
        for row, place in zip(best, places, strict=True):
            values = {
                name: float(part)
                for name, scores in found.parts.items()
                if (part := scores[place]) or name in _ALWAYS
            }
            item = self.documents.at(int(row))
            hits.append(Hit(item, sum(values.values()), values | rules.pinned_by(item.id)))
        return hits


class EmbeddedIndex:
    """`SearchIndex` over a base in a private directory. One thread at a time may call `apply`; readers hold a
    snapshot and are never disturbed."""

    capabilities = EMBEDDED.capabilities

    def __init__(
        self,
        *,
        snapshot: EmbeddedSnapshot,
        lexical: LexicalIndex,
        encoder: Encoder,
        elsewhere: Statistics,
    ) -> None:
        """`elsewhere`: what is known about ids that are no items of the base (yet)."""
        self._snapshot, self._lexical, self._encoder = snapshot, lexical, encoder
        self._elsewhere = elsewhere

    @property
    def snapshot(self) -> EmbeddedSnapshot:
        return self._snapshot

    def apply(self, changes: Sequence[Change], watermark: int) -> None:
        """Every upsert gets a row of its own, in log order, so that all processes number rows alike."""
        old = self._snapshot
        added = [change for change in changes if isinstance(change, CatalogItem)]
        numbers, replaced = old.numbers.changed(changes, first_row=len(old.alive))
        alive = np.concatenate([old.alive, np.ones(len(added), np.bool_)])
        alive[replaced] = False
        vectors, texts = self._extended(added)
        self._lexical.update(replaced, len(old.alive), added)
        self._snapshot = replace(
            old,
            watermark=watermark,
            numbers=numbers,
            documents=old.documents.extended(added),
            columns=old.columns.extended(added),
            vectors=vectors,
            texts=texts,
            lexical=self._lexical.reader,
            alive=alive,
            statistics={name: self._grown(name, added) for name in old.statistics},
        )

    def _extended(self, added: Sequence[CatalogItem]) -> tuple[VectorTable, VectorTable]:
        """The vectors with those of further items."""
        old = self._snapshot
        if not added:
            return old.vectors, old.texts
        vectors = old.vectors.extended(encoded(self._encoder, added))
        texts = encoded_texts(self._encoder, added)
        return vectors, vectors if texts is None else old.texts.extended(texts)

    def _grown(self, statistic: str, added: Sequence[CatalogItem]) -> NDArray[np.float32]:
        """An item that changed keeps what its row in the base has."""
        values, elsewhere = self._snapshot.statistics[statistic], getattr(self._elsewhere, statistic)
        rows = [(item.id, self._snapshot.numbers.base_row(item.id)) for item in added]
        new = [elsewhere.get(item_id, 0.0) if row is None else values[row] for item_id, row in rows]
        return np.concatenate([values, np.array(new, np.float32)])
