"""The embedded engine: faiss vectors, BM25 on posting lists, tantivy for phrases, spellings and codes,
and columns of one base index, in memory."""

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Mask, Rows, Scores
from object2vec.core.catalog import CatalogItem
from object2vec.core.encoder import Encoder
from object2vec.search import paging
from object2vec.search.embedded import facets, ordering
from object2vec.search.embedded.background import background, nonsense
from object2vec.search.embedded.candidates import Candidates, notes_about
from object2vec.search.embedded.finder import Finder
from object2vec.search.embedded.masks import find, mask_of
from object2vec.search.embedded.merchandising import Merchandising
from object2vec.search.embedded.snapshot import CatalogState
from object2vec.search.embedded.text import spelling
from object2vec.search.embedded.text.index import LexicalIndex, catalogue_languages
from object2vec.search.embedded.vectors import VectorTable, encoded, encoded_texts
from object2vec.search.engines import EMBEDDED
from object2vec.search.filters import ALL, Condition, Every, without
from object2vec.search.highlight import Marks
from object2vec.search.index import (
    FacetRange,
    FacetValue,
    Hit,
    Request,
    Result,
    Sort,
    order_of,
    question_of,
)  # fmt: skip
from object2vec.search.item_statistics import Statistics
from object2vec.search.rules import applicable
from object2vec.storage.item_log import Change

LEARN_ROWS, LEARN_STEP = 4_096, 512
"""A larger base says enough about its catalogue, and a long tail soon becomes a new base."""
_ALWAYS = ("lexical", "semantic", "profile", "preference", "complements", "look", "popularity", "trending")
"""Parts that are shown even where they are 0."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddedSnapshot(CatalogState):
    """The state, and the answers from it."""

    def corrected(
        self, text: str, known: Callable[[str], bool] | None = None, further: Collection[str] = ()
    ) -> str:
        return spelling.corrected(text, self.lexical, self.documents, known, further)

    def search(self, request: Request) -> Result:
        rules = Merchandising(self, applicable(request.rules, request.text, self.lexical.analysis))
        question, order = question_of(request), order_of(request, self.watermark)
        state = self.cursor_state(request)
        before = paging.decode_cursor(request.cursor, state, question, order) if request.cursor else None
        finder = Finder(self, request, before.start if before else None)
        allowed = self._allowed(request, request.filters, rules)
        pins = rules.pins(allowed)
        candidates = rules.applied(finder.find(allowed), pins)
        keys = self._keys(request, candidates, pins)
        rows, keys, variants = self._distinct(request, candidates.rows, keys)
        total = len(rows)
        if before and before.seen is not None:
            rows, keys = self._unseen(request, rows, keys, before.seen)
        after = before.position if before and before.seen is None else None
        best, best_keys, more = paging.page(rows, keys, request.limit, after)
        cursor = None
        if more:
            last = paging.Position(float(best_keys[-1]), int(best[-1]))
            start = before.start if before else self._start(order, candidates, finder.floor)
            seen = _with(before.seen if before else (), best)
            cursor = paging.encode_cursor(state, question, paging.Cursor(last, start, seen))
        return Result(
            hits=self._hits(best, candidates, rules, variants),
            total=total,
            facets={name: self._facet(name, request, finder, candidates, rules) for name in request.facets},
            next_cursor=cursor,
            notes=[*notes_about(candidates, filtered=request.filters not in (ALL, Every(()))), *rules.notes],
        )

    def _start(self, order: str, candidates: Candidates, floor: float) -> paging.Start:
        matches = candidates.matches
        required = matches.required if matches.words else -1
        return paging.Start(order, len(self.alive), required, floor, matches.phrases_dropped)

    def _unseen(self, request: Request, rows: Rows, keys: Scores, seen: Sequence[int]) -> tuple[Rows, Scores]:
        """Without the items shown before, whatever rows they have now, and without variants of these."""
        shown = np.array([row for row in seen if row < len(self.alive)], np.int64)
        moved = [self.numbers.get(self.documents.at(row).id) for row in shown[~self.alive[shown]].tolist()]
        shown = np.concatenate([shown, np.array([row for row in moved if row is not None], np.int64)])
        kept = ~np.isin(rows, shown)
        if request.distinct:
            values = self._values(request.distinct, np.concatenate([rows, shown]))
            kept &= ~np.isin(values[: len(rows)], values[len(rows) :])
        return rows[kept], keys[kept]

    def marks(self, text: str, request: Request | None = None) -> Marks:
        of_text = replace(request or Request(), text=text)
        return self.lexical.marks(self.query_of(of_text)) if text else Marks()

    def cursor_state(self, request: Request) -> str:
        """The state that must be the same for a cursor to be of use."""
        stored = tuple(rule for rule in request.rules if rule.stored)
        rules = f"#{zlib.crc32(repr(stored).encode('utf-8', 'replace')):x}" if stored else ""
        synonyms = f"~{request.synonyms.version}" if request.synonyms.version else ""
        return f"{self.version}@{'-'.join(self.analysis.languages)}{rules}{synonyms}"

    def _allowed(self, request: Request, condition: Condition, rules: Merchandising) -> Mask:
        allowed = self.alive & mask_of(condition, self.columns)
        if request.among is not None:
            among = np.zeros(len(allowed), np.bool_)
            among[self.rows_of(request.among)] = True
            allowed &= among
        allowed[self.rows_of(request.exclude)] = False
        return rules.without_excluded(allowed)

    def _distinct(
        self, request: Request, rows: Rows, keys: Scores
    ) -> tuple[Rows, Scores, Mapping[int, int] | None]:
        """For each value of the field the first row in the order, and how many rows have the value; a row
        without a value counts alone."""
        if not request.distinct:
            return rows, keys, None
        values = self._values(request.distinct, rows)
        order = np.lexsort((rows, -keys))
        _, first, times = np.unique(values[order], return_index=True, return_counts=True)
        chosen = np.sort(order[first])
        variants = dict(zip(rows[order[first]].tolist(), times.tolist(), strict=True))
        return rows[chosen], keys[chosen], variants

    def _values(self, field: str, rows: Rows) -> Rows:
        """(n,) equal numbers for rows with the same value of a field; one of its own for a row without."""
        column = find(self.columns, field)
        _, numbers = np.unique(column.numbers[rows], return_inverse=True, equal_nan=False)
        return np.where(column.codes[rows] >= 0, column.codes[rows], len(column.words) + numbers)

    def _keys(self, request: Request, candidates: Candidates, pins: Sequence[int]) -> Scores:
        if request.sort is not None:
            return self._sort_keys(request.sort, candidates.rows)
        keys = candidates.scores
        if request.diversity:
            keys = ordering.diversified(candidates.rows, keys, self.vectors, request.diversity)
        return ordering.pinned(candidates.rows, keys, pins)

    def _sort_keys(self, sort: Sort, rows: Rows) -> Scores:
        keys = find(self.columns, sort.field).sort_keys(rows, descending=sort.descending)
        return np.where(np.isnan(keys), -np.inf, keys * (1.0 if sort.descending else -1.0))

    def _facet(
        self, name: str, request: Request, finder: Finder, candidates: Candidates, rules: Merchandising
    ) -> list[FacetValue | FacetRange]:
        """Counted as if the filter had no condition on this field: the totals that choosing a value would
        give."""
        column, rows = find(self.columns, name), candidates.rows
        others = without(request.filters, name)
        if others is not request.filters:
            rows = finder.rows(self._allowed(request, others, rules), like=candidates)
        groups = self._values(request.distinct, rows) if request.distinct else None
        return facets.count(column, rows, request.boundaries.get(name, ()), groups)

    def _hits(
        self, best: Rows, candidates: Candidates, rules: Merchandising, variants: Mapping[int, int] | None
    ) -> list[Hit]:
        places = np.searchsorted(candidates.rows, best)
        parts = [scores[places].tolist() for scores in candidates.parts.values()]
        hits = []
        for place, row in enumerate(best.tolist()):
            values = {
                name: part[place]
                for name, part in zip(candidates.parts, parts, strict=True)
                if part[place] or name in _ALWAYS
            }
            item = self.documents.at(row)
            count = None if variants is None else variants[row]
            hits.append(Hit(item, sum(values.values()), values | rules.pinned_by(item.id), count))
        return hits


def _with(seen: Sequence[int] | None, more: Rows) -> tuple[int, ...] | None:
    return None if seen is None else tuple(sorted({*seen, *more.tolist()}))


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
        unlisted: Statistics,
        directory: Path,
    ) -> None:
        """`unlisted`: what is known about ids that are no items of the base (yet); `directory`: of the
        base."""
        self._snapshot, self._lexical, self._encoder = snapshot, lexical, encoder
        self._unlisted, self._directory = unlisted, directory
        self._learned_from = len(snapshot.alive)

    @property
    def snapshot(self) -> EmbeddedSnapshot:
        return self._snapshot

    def apply(self, changes: Sequence[Change], watermark: int) -> None:
        """Every upsert gets a row of its own, in log order, so that all processes have the same numbers."""
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
            looks=old.looks.extended(added, len(old.alive)),
            lexical=self._lexical.reader,
            alive=alive,
            statistics={name: self._grown(name, added) for name in old.statistics},
        )
        self._learn()

    def _learn(self) -> None:
        """A small base says little about its catalogue; the first upload, for example, meets a base without
        items. While it grows, languages and levels of similarity are found again, always from the same rows,
        so that all processes find the same."""
        rows = min(len(self._snapshot.alive), LEARN_ROWS)
        count = rows if rows < LEARN_STEP else rows // LEARN_STEP * LEARN_STEP
        if count <= self._learned_from:
            return
        self._learned_from = count
        old = self._snapshot
        items = [old.documents.at(row) for row in range(len(old.alive))]
        languages = catalogue_languages(items[:count])
        if not self._lexical.chosen and tuple(languages) != self._lexical.languages:
            self._lexical = self._lexical.in_languages(languages, items, self._directory / f"lexical-{count}")
        self._snapshot = replace(
            old,
            lexical=self._lexical.reader,
            background=background(self._encoder, items[:count], old.texts),
            nonsense=nonsense(self._encoder, items[:count], old.texts),
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
        values, unlisted = self._snapshot.statistics[statistic], getattr(self._unlisted, statistic)
        rows = [(item.id, self._snapshot.numbers.base_row(item.id)) for item in added]
        new = [unlisted.get(item_id, 0.0) if row is None else values[row] for item_id, row in rows]
        return np.concatenate([values, np.array(new, np.float32)])
