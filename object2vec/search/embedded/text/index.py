"""The lexical index: posting lists of our own for terms, tantivy for phrases, spellings and codes.

Changes after the base go into the process's private copy of both, so that base and tail are scored with the
same term statistics: a separate index of the tail would weigh terms by their frequency in the tail alone, and
its scores could not be merged with the base's. A reader is a snapshot; a commit takes 7 ms.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import orjson
import tantivy

from object2vec.core.catalog import CatalogItem, display_metadata, reviews_in
from object2vec.core.errors import CorruptIndexError
from object2vec.core.progress import each, stretch, tell
from object2vec.search.analysis import Analysis, joined, words
from object2vec.search.embedded.text import postings
from object2vec.search.embedded.text.bm25 import Bm25
from object2vec.search.embedded.text.lookup import TermLookup
from object2vec.search.embedded.text.postings import Field, Postings, Text
from object2vec.search.embedded.text.reader import LexicalReader
from object2vec.search.languages import are_foreign, code_of_language, languages_of, told
from object2vec.search.query import code, may_be_code, same_codes

_CODE_FIELDS = re.compile(
    r"sku|asin|mpn|isbn(1[03])?|issn|(ean|gtin|upc)(a|8|1[234])?|barcode|ref|refer\w+|codi\w+|model\w{0,2}|"
    r"(model\w{0,2}|part|art|article|artikel|item|product|style|hersteller|bestell|vare|tuote|manufacturerpart)"
    "(number|nummer|numero|num|code|no|nr)"
)
"""The pattern of the names of fields that hold codes, without signs between their words."""
ROLES = ("title", "brand", "category")
"""Metadata that is searched as a field of its own; all other texts but `NO_WORDS` are `facts`."""
NO_WORDS = frozenset({"currency"})
"""Fields whose texts say nothing about an item: nobody searches for USD."""
FEW_ITEMS = 1_000
"""A larger catalogue tells its languages."""
LANGUAGE_SAMPLE = 20_000
"""So many items tell a catalogue's languages."""
_ANALYSIS = "analysis.json"
_WITH_SIGNS = re.compile(r"(?<![\w./-])(?=[\w./-]*\d)\w+(?:[-./]\w+)+(?![\w-])")
"""The pattern of what may be a code within a text, and is searched without its signs too."""
_SHORT_VALUE = 40
"""A field's text with a digit and so few characters may be a code as a whole."""
_DIGIT = re.compile(r"\d")
_APART = " \u241f "
"""Between two values, so that no phrase goes from one into the next."""
_HEAP_BYTES = 50_000_000


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name="whitespace")
    builder.add_text_field("facts", tokenizer_name="whitespace")
    builder.add_text_field("spelling", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("code", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("written", tokenizer_name="raw", index_option="basic")
    return builder.build()


class LexicalIndex:
    """An index in a directory of our own; one thread at a time may change it."""

    def __init__(
        self,
        index: tantivy.Index,
        fields: Mapping[str, Field],
        analysis: Analysis,
        *,
        chosen: bool = False,
        unclear: Iterable[str] = (),
    ) -> None:
        """`chosen`: whether somebody said which languages the items are in; `unclear`: words of items that
        are not known to be in one of the languages."""
        self.chosen, self._unclear = chosen, frozenset(unclear)
        self._index, self._fields, self._analysis = index, fields, analysis
        self._alive = np.ones(len(fields["text"]), np.bool_)
        self._writer: tantivy.IndexWriter | None = None

    @classmethod
    def build(
        cls,
        directory: Path,
        items: Sequence[CatalogItem],
        languages: Sequence[str] | None = None,
        *,
        chosen: bool = True,
    ) -> None:
        """Writes the index of these items, in their order, into an empty or new directory. `languages` are
        those whose word forms are known to it, `chosen` by somebody or not; None: those that the items are
        written in."""
        directory.mkdir(parents=True, exist_ok=True)
        found = languages or catalogue_languages(items)
        tell(0.25)
        chosen = chosen and languages is not None
        analysis = Analysis(found)
        told = _texts(items)
        with stretch(0.25, 0.45):
            fields = {name: Field(Postings.of(told[name], analysis)) for name in each([*told])}
        few = not chosen and len(items) <= FEW_ITEMS
        unclear = sorted(_unclear(fields["text"], items, found)) if few else []
        about = {"languages": list(found), "chosen": chosen, "unclear": unclear}
        (directory / _ANALYSIS).write_bytes(orjson.dumps(about))
        postings.save(fields, directory)
        index = cls(tantivy.Index(_schema(), str(directory)), fields, analysis)
        with stretch(0.45, 0.95):
            writer = index._commit((), 0, each(items))
        writer.wait_merging_threads()  # which also gives the write lock back
        for lock in directory.glob(".*.lock"):  # every reader makes its own
            lock.unlink()

    @classmethod
    def open(cls, directory: Path) -> "LexicalIndex":
        """An index that `build` and `update` made. Raises CorruptIndexError."""
        try:
            index, fields = tantivy.Index.open(str(directory)), postings.load(directory)
        except ValueError as error:
            raise CorruptIndexError(f"{directory.name} is no lexical index: {error}") from error
        if {index.searcher().num_docs} != set(map(len, fields.values())):
            raise CorruptIndexError(f"the parts of {directory.name} differ in rows")
        about = orjson.loads((directory / _ANALYSIS).read_bytes())
        analysis = Analysis(about["languages"])
        return cls(index, fields, analysis, chosen=about["chosen"], unclear=about["unclear"])

    def update(self, removed: Sequence[int], first_row: int, added: Sequence[CatalogItem]) -> None:
        """Drops rows and adds items from `first_row` on; the next `reader` sees all of it."""
        self._commit(removed, first_row, added)
        if added:
            texts = _texts(added)
            self._fields = {
                name: field.extended(texts[name], self._analysis) for name, field in self._fields.items()
            }
        self._alive = np.concatenate([self._alive, np.ones(len(added), np.bool_)])
        self._alive[removed] = False
        if not self.chosen and len(self._alive) <= FEW_ITEMS:
            self._unclear = _unclear(self._fields["text"], added, self.languages, self._unclear)

    def _commit(
        self, removed: Iterable[int], first_row: int, added: Iterable[CatalogItem]
    ) -> tantivy.IndexWriter:
        writer = self._writer = self._writer or self._index.writer(_HEAP_BYTES, 1)
        for row in removed:
            writer.delete_documents_by_term("row", row)
        for row, item in enumerate(added, first_row):
            writer.add_document(self._document(row, item))
        writer.commit()
        self._index.reload()
        return writer

    def in_languages(
        self, languages: Sequence[str], items: Sequence[CatalogItem], directory: Path
    ) -> "LexicalIndex":
        """The same rows, `items`, with the word forms of other languages, in a new directory."""
        self.build(directory, items, languages, chosen=self.chosen)
        other = self.open(directory)
        other.update(np.flatnonzero(~self._alive).tolist(), len(items), ())
        return other

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages whose word forms it knows."""
        return self._analysis.languages

    @property
    def reader(self) -> LexicalReader:
        """The newest committed state."""
        fields = {name: Bm25(field, self._alive) for name, field in self._fields.items()}
        searcher, schema = self._index.searcher(), self._index.schema
        return LexicalReader(TermLookup(searcher, schema, fields, self._analysis, self._unclear))

    def _document(self, row: int, item: CatalogItem) -> tantivy.Document:
        text = words(item.text)
        facts = [words(value) for value in texts(_told(item).values())]
        terms_of = self._analysis.terms_of
        values: dict[str, object] = {
            "row": row,
            "text": " ".join(terms_of(word)[0] for word in text),
            "facts": _APART.join(" ".join(terms_of(word)[0] for word in value) for value in facts),
            "spelling": " ".join((*text, *(word for value in facts for word in value))),
            "code": sorted(_codes(item)),
            "written": sorted(_written(item)),
        }
        return tantivy.Document.from_dict(values, self._index.schema)


def catalogue_languages(items: Sequence[CatalogItem]) -> list[str]:
    """The languages that items are written in, by a sample of them."""
    sample = items[:: max(1, len(items) // LANGUAGE_SAMPLE)]
    return languages_of(
        (" ".join((item.text, *texts([item.metadata.get("category")]))), item.metadata.get("language"))
        for item in sample
    )


def _unclear(
    texts: Field, items: Iterable[CatalogItem], languages: Sequence[str], before: Iterable[str] = ()
) -> frozenset[str]:
    """The words of items that are not known to be in one of the languages, with those of `before`; none where
    all `texts` together are English."""
    parts = (texts.base, *texts.tail)
    if not are_foreign(term for part in parts for term in part.terms if len(term) > 1 and term.isalpha()):
        return frozenset()
    untold = (item for item in items if told(item.text, item.metadata.get("language")) not in languages)
    return frozenset([*before, *(word for item in untold for word in words(item.text))])


def _codes(item: CatalogItem) -> set[str]:
    named = (str(value) for name, value in item.metadata.items() if value and _holds_codes(name))
    return {same for text in (item.id, *named) for same in same_codes(code(text))} - {""}


@cache
def _holds_codes(field: str) -> bool:
    return _CODE_FIELDS.fullmatch(joined(field)) is not None


def _written(item: CatalogItem) -> set[str]:
    """What may be codes in its texts, without signs and spaces."""
    values = [
        value for value in texts(_told(item).values()) if len(value) <= _SHORT_VALUE and _DIGIT.search(value)
    ]
    found = (*_WITH_SIGNS.findall(f"{item.text} {_facts(item)}"), *values)
    return {joined(text) for text in found if may_be_code(text)} - {""}


def _texts(items: Sequence[CatalogItem]) -> dict[str, list[Text]]:
    """The texts that are searched of each item, by field."""
    found: dict[str, list[Text]] = {name: [] for name in ("text", *ROLES, "facts", "reviews")}
    for item in items:
        language = code_of_language(item.metadata.get("language")) or ""
        found["text"].append((item.text, language))
        for role in ROLES:
            found[role].append((" ".join(texts([item.metadata.get(role)])), language))
        found["facts"].append((_facts(item), language))
        found["reviews"].append((reviews_in(item.metadata), ""))
    return found


def is_without_text(item: CatalogItem) -> bool:
    """Whether nobody wrote a word about it, neither as its text nor as its title."""
    return not any(map(words, (item.text, *texts([item.metadata.get("title")]))))


def _facts(item: CatalogItem) -> str:
    """The texts of the metadata without those that are fields of their own."""
    return " ".join(texts(value for name, value in _told(item).items() if name not in ROLES))


def _told(item: CatalogItem) -> Mapping[str, object]:
    return {name: value for name, value in display_metadata(item.metadata).items() if name not in NO_WORDS}


def texts(values: Iterable[object]) -> Iterable[str]:
    """The texts among metadata values, single or in lists."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from (part for part in value if isinstance(part, str))
