"""The lexical index: inverted lists of our own for terms, tantivy for phrases, spellings and codes.

Changes after the base go into the process's private copy of both, so that base and tail are scored with the
same term statistics: a separate index of the tail would weigh terms by their frequency in the tail alone, and
its scores could not be merged with the base's. A reader is a snapshot; a commit takes 7 ms.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import tantivy

from object2vec.core.catalog import CatalogItem, display_metadata, reviews_in
from object2vec.core.errors import CorruptIndexError
from object2vec.search import analysis
from object2vec.search.embedded.text import postings
from object2vec.search.embedded.text.bm25 import Bm25
from object2vec.search.embedded.text.postings import Field, Postings
from object2vec.search.embedded.text.reader import LexicalReader
from object2vec.search.query import code

CODE_FIELDS = ("sku", "ean", "gtin", "upc", "isbn", "mpn", "asin")
_HEAP_BYTES = 50_000_000


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name=analysis.NAME)
    builder.add_text_field("spelling", tokenizer_name=analysis.PLAIN, index_option="basic")
    builder.add_text_field("code", tokenizer_name="raw", index_option="basic")
    return builder.build()


class LexicalIndex:
    """An index in a directory of our own; one thread at a time may change it."""

    def __init__(self, index: tantivy.Index, fields: Mapping[str, Field]) -> None:
        index.register_tokenizer(analysis.NAME, analysis.analyzer())
        index.register_tokenizer(analysis.PLAIN, analysis.plain_analyzer())
        self._index, self._fields = index, fields
        self._alive = np.ones(len(fields["text"]), np.bool_)
        self._writer: tantivy.IndexWriter | None = None

    @classmethod
    def build(cls, directory: Path, items: Sequence[CatalogItem]) -> None:
        """Writes the index of these items, in their order, into an empty or new directory."""
        directory.mkdir(parents=True, exist_ok=True)
        fields = {name: Field(Postings.of(texts)) for name, texts in _texts(items).items()}
        postings.save(fields, directory)
        index = cls(tantivy.Index(_schema(), str(directory)), fields)
        index._commit((), 0, items).wait_merging_threads()  # which also gives the write lock back

    @classmethod
    def open(cls, directory: Path) -> "LexicalIndex":
        """An index that `build` and `update` made. Raises CorruptIndexError."""
        try:
            index, fields = tantivy.Index.open(str(directory)), postings.load(directory)
        except ValueError as error:
            raise CorruptIndexError(f"{directory.name} is no lexical index: {error}") from error
        if {index.searcher().num_docs} != set(map(len, fields.values())):
            raise CorruptIndexError(f"the parts of {directory.name} differ in rows")
        return cls(index, fields)

    def update(self, removed: Sequence[int], first_row: int, added: Sequence[CatalogItem]) -> None:
        """Drops rows and adds items from `first_row` on; the next `reader` sees all of it."""
        self._commit(removed, first_row, added)
        if added:
            texts = _texts(added)
            self._fields = {name: field.extended(texts[name]) for name, field in self._fields.items()}
        self._alive = np.concatenate([self._alive, np.ones(len(added), np.bool_)])
        self._alive[removed] = False

    def _commit(
        self, removed: Iterable[int], first_row: int, added: Iterable[CatalogItem]
    ) -> tantivy.IndexWriter:
        writer = self._writer = self._writer or self._index.writer(_HEAP_BYTES, 1)
        for row in removed:
            writer.delete_documents_by_term("row", row)
        for row, item in enumerate(added, first_row):
            writer.add_document(_document(row, item, self._index.schema))
        writer.commit()
        self._index.reload()
        return writer

    @property
    def reader(self) -> LexicalReader:
        """The newest committed state."""
        fields = {name: Bm25(field, self._alive) for name, field in self._fields.items()}
        return LexicalReader(self._index.searcher(), self._index.schema, fields)


def _document(row: int, item: CatalogItem, schema: tantivy.Schema) -> tantivy.Document:
    codes = {code(item.id), *(code(str(item.metadata.get(name) or "")) for name in CODE_FIELDS)}
    text = analysis.searchable(item.text)
    values: dict[str, object] = {
        "row": row, "text": text, "code": sorted(codes - {""}),
        "spelling": f"{text} {analysis.searchable(_facts(item))}",
    }  # fmt: skip
    return tantivy.Document.from_dict(values, schema)


def _texts(items: Sequence[CatalogItem]) -> dict[str, list[str]]:
    """What is searched of each item, by field."""
    return {
        "text": [item.text for item in items],
        "facts": [_facts(item) for item in items],
        "reviews": [reviews_in(item.metadata) for item in items],
    }


def _facts(item: CatalogItem) -> str:
    return " ".join(texts(display_metadata(item.metadata).values()))


def texts(values: Iterable[object]) -> Iterable[str]:
    """The texts among metadata values, single or in lists."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from (part for part in value if isinstance(part, str))
