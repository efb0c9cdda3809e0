"""Lexical search: BM25 over stemmed terms, by tantivy.

The loaded copy of an index is private to its process, so changes after the base go into that copy as ordinary
tantivy documents: one engine scores base and tail with the same term statistics, and whatever tantivy can do
(phrases, fuzzy terms) holds for both. A separate index of the tail would weigh terms by their frequency in
the tail alone, and its scores could not be merged with the base's. A searcher is a snapshot; a commit takes
7 ms.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from object2vec.catalog import CatalogItem
from object2vec.search import analysis
from object2vec.search.errors import CorruptIndexError

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]

MAX_MATCHES = 10_000
"""More matches than this are cut to the best: decoding them would cost more than anyone reads."""
MAX_TERMS = 64
"""Of a longer query the rarest terms count; the frequent ones hardly move a BM25 score."""
PUSHED_ROWS = 20_000
"""A filter that leaves no more rows than this is evaluated inside tantivy when a query matches too much."""
CODE_FIELDS = ("sku", "ean", "gtin", "upc", "isbn", "mpn", "asin")
FACTS_WEIGHT = 0.3
_HEAP_BYTES = 50_000_000


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name=analysis.NAME)
    builder.add_text_field("facts", tokenizer_name=analysis.NAME, index_option="freq")
    builder.add_text_field("code", tokenizer_name="raw", index_option="basic")
    return builder.build()


class LexicalReader:
    """A snapshot of the index."""

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema) -> None:
        self._searcher, self._schema = searcher, schema

    def matches(self, text: str, allowed: Mask) -> tuple[Rows, Scores]:
        """Allowed rows with any of the text's terms and their BM25 scores, best first."""
        query = self._query(text)
        if query is None:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        found = self._searcher.search(query, MAX_MATCHES)
        matches: int = found.count  # type: ignore[attr-defined] # missing in tantivy's stub
        if matches > MAX_MATCHES and (left := np.flatnonzero(allowed)).size <= PUSHED_ROWS:
            rows = tantivy.Query.term_set_query(self._schema, "row", left.tolist())
            restricted = tantivy.Query.const_score_query(rows, 0.0)
            both = [(tantivy.Occur.Must, query), (tantivy.Occur.Must, restricted)]
            found = self._searcher.search(tantivy.Query.boolean_query(both), MAX_MATCHES)
        return self._rows(found.hits, allowed)

    @property
    def size(self) -> int:
        """Number of documents."""
        return int(self._searcher.num_docs)

    def exact(self, text: str) -> Rows:
        """Rows whose id or code (SKU, EAN, …) is the whole text, ignoring case."""
        if not (code := _code(text)):
            return np.zeros(0, np.int64)
        query = tantivy.Query.term_query(self._schema, "code", code, index_option="basic")
        hits = self._searcher.search(query, MAX_MATCHES).hits
        return np.array(self._searcher.fast_field_values("row", [address for _, address in hits]), np.int64)

    def _rows(self, hits: Sequence[tuple[float, tantivy.DocAddress]], allowed: Mask) -> tuple[Rows, Scores]:
        if not hits:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        scores, addresses = zip(*hits, strict=True)
        rows = np.array(self._searcher.fast_field_values("row", list(addresses)), np.int64)
        kept = allowed[rows]
        return rows[kept], np.array(scores, np.float32)[kept]

    def _query(self, text: str) -> tantivy.Query | None:
        clauses = []
        for term in self._rarest(analysis.terms(text)):
            clauses.append((tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "text", term)))
            facts = tantivy.Query.term_query(self._schema, "facts", term)
            clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(facts, FACTS_WEIGHT)))
        return tantivy.Query.boolean_query(clauses) if clauses else None

    def _rarest(self, terms: list[str]) -> list[str]:
        if len(terms) <= MAX_TERMS:
            return terms
        frequency = {term: self._searcher.doc_freq("text", term) for term in terms}
        present = [term for term in terms if frequency[term]]
        return sorted(present, key=frequency.__getitem__)[:MAX_TERMS]


class LexicalIndex:
    """A tantivy index in a directory of our own; one thread at a time may change it."""

    def __init__(self, index: tantivy.Index) -> None:
        index.register_tokenizer(analysis.NAME, analysis.analyzer())
        self._index = index
        self._writer: tantivy.IndexWriter | None = None

    @classmethod
    def create(cls, directory: Path) -> "LexicalIndex":
        """A new, empty index."""
        directory.mkdir(parents=True, exist_ok=True)
        return cls(tantivy.Index(_schema(), str(directory)))

    @classmethod
    def open(cls, directory: Path) -> "LexicalIndex":
        """An index that `create` and `update` made. Raises CorruptIndexError."""
        try:
            return cls(tantivy.Index.open(str(directory)))
        except ValueError as error:
            raise CorruptIndexError(f"{directory.name} is no tantivy index: {error}") from error

    def update(self, removed: Iterable[int], first_row: int, added: Iterable[CatalogItem]) -> None:
        """Drops rows and adds items from `first_row` on; the next `reader` sees all of it."""
        writer = self._writer = self._writer or self._index.writer(_HEAP_BYTES, 1)
        for row in removed:
            writer.delete_documents_by_term("row", row)
        for row, item in enumerate(added, first_row):
            writer.add_document(_document(row, item, self._index.schema))
        writer.commit()
        self._index.reload()

    def finish(self) -> None:
        """Waits for background merges and gives the write lock back: the directory can be copied."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    @property
    def reader(self) -> LexicalReader:
        """The newest committed state."""
        return LexicalReader(self._index.searcher(), self._index.schema)


def _document(row: int, item: CatalogItem, schema: tantivy.Schema) -> tantivy.Document:
    codes = {_code(item.id), *(_code(str(item.metadata.get(name) or "")) for name in CODE_FIELDS)}
    values: dict[str, object] = {"row": row, "text": item.text, "code": sorted(codes - {""})}
    if facts := " ".join(_texts(item.metadata.values())):
        values["facts"] = facts
    return tantivy.Document.from_dict(values, schema)


def _texts(values: Iterable[object]) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from (part for part in value if isinstance(part, str))


def _code(text: str) -> str:
    return text.strip().casefold()[:500]
