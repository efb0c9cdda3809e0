"""The lexical index: BM25 over stemmed terms, by tantivy.

The loaded copy of an index is private to its process, so changes after the base go into that copy as ordinary
tantivy documents: one engine scores base and tail with the same term statistics, and whatever tantivy can do
(phrases, fuzzy terms) holds for both. A separate index of the tail would weigh terms by their frequency in
the tail alone, and its scores could not be merged with the base's. A searcher is a snapshot; a commit takes
7 ms.
"""

from collections.abc import Iterable
from pathlib import Path

import tantivy

from object2vec.catalog import CatalogItem, plain, reviews_in
from object2vec.search import analysis
from object2vec.search.errors import CorruptIndexError
from object2vec.search.lexical_reader import LexicalReader
from object2vec.search.query import code

CODE_FIELDS = ("sku", "ean", "gtin", "upc", "isbn", "mpn", "asin")
_HEAP_BYTES = 50_000_000


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name=analysis.NAME)
    builder.add_text_field("facts", tokenizer_name=analysis.NAME, index_option="freq")
    builder.add_text_field("reviews", tokenizer_name=analysis.NAME, index_option="freq")
    builder.add_boolean_field("reviewed", indexed=True)
    builder.add_text_field("spelling", tokenizer_name=analysis.PLAIN, index_option="basic")
    builder.add_text_field("code", tokenizer_name="raw", index_option="basic")
    return builder.build()


class LexicalIndex:
    """A tantivy index in a directory of our own; one thread at a time may change it."""

    def __init__(self, index: tantivy.Index) -> None:
        index.register_tokenizer(analysis.NAME, analysis.analyzer())
        index.register_tokenizer(analysis.PLAIN, analysis.plain_analyzer())
        self._index = index
        self._writer: tantivy.IndexWriter | None = None
        self._takes_reviews = _has_field(index, "reviews")

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
            writer.add_document(_document(row, item, self._index.schema, self._takes_reviews))
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
        searcher = self._index.searcher()
        reviewed = self._takes_reviews and searcher.doc_freq("reviewed", True) > 0
        return LexicalReader(searcher, self._index.schema, reviewed=reviewed)


def _has_field(index: tantivy.Index, name: str) -> bool:
    """A base of an earlier version lacks the reviews; the next one has them."""
    try:
        index.searcher().doc_freq(name, "")
    except ValueError:
        return False
    return True


def _document(row: int, item: CatalogItem, schema: tantivy.Schema, takes_reviews: bool) -> tantivy.Document:
    codes = {code(item.id), *(code(str(item.metadata.get(name) or "")) for name in CODE_FIELDS)}
    text = analysis.searchable(item.text)
    facts = analysis.searchable(" ".join(texts(plain(item.metadata).values())))
    values: dict[str, object] = {
        "row": row, "text": text, "code": sorted(codes - {""}), "spelling": f"{text} {facts}",
    }  # fmt: skip
    if facts:
        values["facts"] = facts
    if takes_reviews and (reviews := analysis.searchable(reviews_in(item.metadata))):
        values |= {"reviews": reviews, "reviewed": True}
    return tantivy.Document.from_dict(values, schema)


def texts(values: Iterable[object]) -> Iterable[str]:
    """The texts among metadata values, single or in lists."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from (part for part in value if isinstance(part, str))
