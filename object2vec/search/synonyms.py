"""Synonyms: what a shop's customers call things, in words that its catalogue does not use.

    {"id": "sofas", "words": ["sofa", "couch", "settee"]}
    {"id": "diapers", "query": ["nappies"], "finds": ["diapers", "baby pants"]}
    {"id": "Handy", "query": ["Handy"], "finds": ["Smartphone"], "language": "de"}

With `words`, a query that has one of them finds what has any of them. With `query` and `finds` it is one-way:
who asks for nappies finds diapers, and who asks for diapers does not find nappies. A word may be several. An
entry with a `language` applies to requests that say this language, and to those that say none where the
catalogue is written in it.

https://www.elastic.co/docs/reference/text-analysis/analysis-synonym-graph-tokenfilter has the same two kinds.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from object2vec.core.errors import BadRequestError
from object2vec.search.analysis import PLUS_NAME, Analysis, is_unspaced, words
from object2vec.search.languages import code_of, supported
from object2vec.search.query import Alternative, TextQuery, Unit
from object2vec.search.query import parse as parse_query
from object2vec.search.versioned import parse_records

MAX_SYNONYMS = 1_000
MAX_WORDS = 50
MAX_CHARS = 100
MAX_ALTERNATIVES = 50
"""A query has so many alternatives at most: each of them costs about as much time as a word."""
_FIELDS = {"id", "words", "query", "finds", "language"}

Terms = tuple[frozenset[str], ...]
"""For each word of a query the stems in the catalogue's languages."""
JOINED_WORDS = 3
"""So many words of a query or an entry may be written as one."""


@dataclass(frozen=True, slots=True)
class Synonym:
    """One entry: whoever asks for one of `asked` finds what has any of `found`, too."""

    id: str
    asked: tuple[str, ...]
    found: tuple[str, ...]
    language: str = ""
    """ISO 639-1; empty: of any language."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    asked: Terms
    instead: tuple[Unit, ...]
    language: str


@dataclass(frozen=True, eq=False)
class Synonyms:
    """All entries of one version. Safe to share between threads."""

    entries: tuple[Synonym, ...] = ()
    version: int = 0
    _prepared: dict[tuple[str, ...], Mapping[str, Sequence[_Entry]]] = field(default_factory=dict)
    _forms: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict)

    def alternatives(
        self, query: TextQuery, analysis: Analysis, language: str = ""
    ) -> tuple[Alternative, ...]:
        """The other meanings of parts of a query, compared by the word forms of a catalogue's languages.
        `language` is that of the query; empty if nobody said."""
        if not self.entries:
            return ()
        found: list[Alternative] = []
        for parts, entry in self._matches(query.words, analysis):
            if _applies(entry.language, language, analysis) and not any(part.prefix for part in parts):
                typed = tuple(word for part in parts for word in part.words)
                others = (unit for unit in entry.instead if unit.words != typed)
                found += [Alternative(parts, unit, anywhere=_may_be_anywhere(unit)) for unit in others]
        return tuple(dict.fromkeys(found))[:MAX_ALTERNATIVES]

    def _matches(
        self, units: tuple[Unit, ...], analysis: Analysis
    ) -> Iterator[tuple[tuple[Unit, ...], _Entry]]:
        """Neighbouring units, and the entries for them: as they are typed, and as one word. An entry for 3m
        is also one for 3 m, and ends where a unit of the query ends."""
        prepared = self._by_term(analysis)
        places = [at for at, unit in enumerate(units) for _ in _words_of(unit)]
        asked = _asked(units, analysis)
        ends = {end for end in range(1, len(asked) + 1) if _is_end(units, places, end)}
        for first, at in enumerate(places):
            if first and places[first - 1] == at:  # within a unit
                continue
            for entry in _starting(prepared, asked[first]):
                end = first + len(entry.asked)
                if end in ends and _same(entry.asked, asked[first:end]):
                    yield units[at : places[end - 1] + 1], entry
            for end in range(at + 2, min(at + JOINED_WORDS, len(units)) + 1):
                if joined := _joined(units[at:end]):
                    terms = _asked([joined], analysis)
                    entries = _starting(prepared, terms[0])
                    yield from ((units[at:end], entry) for entry in entries if _same(entry.asked, terms))

    def knows(self, word: str, analysis: Analysis) -> bool:
        """Whether somebody gave the word a meaning: it is no misspelling."""
        forms = self._forms.get(analysis.languages)
        if forms is None:
            forms = frozenset(term for known in self.vocabulary for term in analysis.terms_of(known))
            self._forms[analysis.languages] = forms
        return any(term in forms for part in words(word) for term in analysis.terms_of(part))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The folded words that somebody gave a meaning."""
        return frozenset(word for entry in self.entries for text in entry.asked for word in words(text))

    def expanded(self, text: str, analysis: Analysis, language: str = "") -> str:
        """The text with what it also means at its end, for an engine that takes words alone."""
        others = self.alternatives(parse_query(text), analysis, language)
        return " ".join([text, *dict.fromkeys(" ".join(alternative.instead.words) for alternative in others)])

    def _by_term(self, analysis: Analysis) -> Mapping[str, Sequence[_Entry]]:
        """The entries by every stem of the first word that is asked for."""
        if analysis.languages not in self._prepared:
            prepared: dict[str, list[_Entry]] = {}
            for entry in self.entries:
                for form in _entries(entry, analysis):
                    for term in form.asked[0]:
                        prepared.setdefault(term, []).append(form)
            self._prepared[analysis.languages] = prepared
        return self._prepared[analysis.languages]


NO_SYNONYMS = Synonyms()


def parse(records: Sequence[Mapping[str, Any]], version: int = 0) -> Synonyms:
    """Raises BadRequestError that names the entry and what is wrong with it."""
    return Synonyms(parse_records(records, "synonym", MAX_SYNONYMS, _FIELDS, _synonym), version)


def with_tried(stored: Synonyms, tried: Synonyms) -> Synonyms:
    """The stored ones, and those that a request tries out in addition."""
    if not tried.entries:
        return stored
    version = zlib.crc32(repr((stored.version, tried.entries)).encode())
    return Synonyms((*stored.entries, *tried.entries), version)


def _synonym(name: str, entry_id: str, record: Mapping[str, Any]) -> Synonym:
    language = _language(name, record.get("language"))
    if "words" in record:
        if "query" in record or "finds" in record:
            raise BadRequestError(f"{name}: either words, which all mean the same, or query and finds")
        both = _texts(name, "words", record["words"], least=2)
        return Synonym(entry_id, both, both, language)
    if not ("query" in record and "finds" in record):
        raise BadRequestError(f"{name}: give words, which all mean the same, or query and finds")
    asked = _texts(name, "query", record["query"])
    return Synonym(entry_id, asked, _texts(name, "finds", record["finds"]), language)


def _language(name: str, language: object) -> str:
    if language is None:
        return ""
    if not isinstance(language, str):
        raise BadRequestError(f"{name}: language must be a code such as en or de")
    try:
        return code_of(language)
    except BadRequestError as error:
        raise BadRequestError(f"{name}: {error}") from error


def _texts(name: str, what: str, values: object, least: int = 1) -> tuple[str, ...]:
    texts = [text for text in values if isinstance(text, str)] if isinstance(values, list) else []
    all_texts = isinstance(values, list) and len(texts) == len(values)
    if not all_texts or not all(0 < len(text) <= MAX_CHARS for text in texts):
        raise BadRequestError(f"{name}: {what} must be a list of texts of 1 to {MAX_CHARS} characters")
    if not least <= len(texts) <= MAX_WORDS:
        raise BadRequestError(f"{name}: {what} must have {least} to {MAX_WORDS} texts")
    if wordless := next((value for value in texts if not words(value)), None):
        raise BadRequestError(f"{name}: there is no word in {wordless!r}")
    return tuple(texts)


def _entries(entry: Synonym, analysis: Analysis) -> Iterator[_Entry]:
    found = dict.fromkeys(tuple(words(text)) for text in entry.found)
    instead = tuple(Unit(meant, tuple(range(len(meant)))) for meant in found)
    for text in entry.asked:
        units = parse_query(text).without_phrases().words
        joined = _joined(units)
        for some in (units, (joined,) if joined else ()):
            if some:
                yield _Entry(_asked(some, analysis), instead, entry.language)


def _joined(units: Sequence[Unit]) -> Unit | None:
    """Two or three words as one (t-shirt, tshirt)."""
    words_ = [unit.word or "" for unit in units]
    if not 1 < len(units) <= JOINED_WORDS or not all(words_) or any(unit.plus for unit in units[:-1]):
        return None
    return Unit(("".join(words_),), plus=units[-1].plus)


def _asked(units: Sequence[Unit], analysis: Analysis) -> Terms:
    """The terms of units; here a plus sign is a word, the same as the word for it, so that an entry for
    Disney+ is none for Disney, and one for Disney is also for Disney+."""
    return tuple(frozenset(analysis.terms_of(word)) for unit in units for word in _words_of(unit))


def _words_of(unit: Unit) -> tuple[str, ...]:
    return (*unit.words, PLUS_NAME) if unit.plus else unit.words


def _is_end(units: Sequence[Unit], places: Sequence[int], end: int) -> bool:
    """Whether a unit ends before the word at this place of all words, or only its plus sign is left."""
    at = places[end - 1]
    left = places[end:].count(at)
    return left == 0 or (left == 1 and units[at].plus)


def _may_be_anywhere(unit: Unit) -> bool:
    """Whether its words say the same in another order: no code and no quantity does, and no characters."""
    return all(word.isalpha() and not is_unspaced(word) for word in unit.words)


def _starting(prepared: Mapping[str, Sequence[_Entry]], asked: frozenset[str]) -> list[_Entry]:
    return list(dict.fromkeys(entry for term in sorted(asked) for entry in prepared.get(term, ())))


def _applies(wanted: str, asked: str, analysis: Analysis) -> bool:
    """Whether an entry of a language is for a query in another. Which languages without word forms a
    catalogue is written in is not known: there the words themselves decide."""
    if not wanted or asked:
        return wanted in ("", asked)
    return wanted in analysis.languages or wanted not in supported()


def _same(wanted: Terms, asked: Terms) -> bool:
    """Whether these are forms of the same words in the same order."""
    return len(wanted) == len(asked) and all(a & b for a, b in zip(wanted, asked, strict=True))
