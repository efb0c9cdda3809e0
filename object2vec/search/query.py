"""What a shopper typed, taken apart: words, phrases in quotes, and codes.

Nothing in a query is syntax but double quotes around a phrase; everything else is text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from object2vec.search import analysis

MAX_CODES = 8
MAX_CODE_CHARS = 500
_PHRASE = re.compile(r'"([^"]*)"')
_QUOTES = str.maketrans("“”„«»\uff02", '""""""')
_CODE = re.compile(r"(?=\S*\d)\S{3,}")


@dataclass(frozen=True, slots=True)
class Unit:
    """What has to be found together: one term, or several at given offsets of each other."""

    terms: tuple[str, ...]
    offsets: tuple[int, ...] = (0,)
    prefix: bool = False
    """Whether the one term, as it is spelt, is only how a word begins."""


@dataclass(frozen=True, slots=True)
class TextQuery:
    """A query's parts, each once, in order of appearance."""

    words: tuple[Unit, ...]
    phrases: tuple[Unit, ...]
    """From quotes: every hit has them."""
    codes: tuple[str, ...]
    """The whole text, then words that may be an id or SKU, in lower case."""

    @property
    def terms(self) -> frozenset[str]:
        """All terms, for highlighting."""
        whole = (analysis.terms(unit.terms[0]) if unit.prefix else unit.terms for unit in self.words)
        return frozenset(term for terms in (*whole, *(unit.terms for unit in self.phrases)) for term in terms)

    @property
    def beginning(self) -> str:
        """The unfinished word; "" where there is none."""
        return next((unit.terms[0] for unit in self.words if unit.prefix), "")

    def without_phrases(self) -> "TextQuery":
        """Phrases taken as their single words."""
        single = (Unit((term,)) for phrase in self.phrases for term in phrase.terms)
        return TextQuery(tuple(dict.fromkeys((*self.words, *single))), (), self.codes)


def parse(text: str, *, prefix: bool = False) -> TextQuery:
    """Any text is a query; with `prefix`, its last word may be unfinished."""
    text = text.translate(_QUOTES)
    phrases = [unit for quoted in _PHRASE.findall(text) if (unit := _phrase(quoted))]
    loose = _PHRASE.sub(" ", text)
    *chunks, last = loose.split() or [""]
    words = [unit for chunk in chunks for unit in _units(chunk)]
    words += _unfinished(last) if prefix and not text.rstrip().endswith('"') else _units(last)
    return TextQuery(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(phrases)), _codes(text))


def code(text: str) -> str:
    """An id or SKU as it is compared: without surrounding spaces, ignoring case."""
    return text.strip().casefold()[:MAX_CODE_CHARS]


def _units(chunk: str) -> Iterator[Unit]:
    for run in analysis.runs(chunk):
        found = analysis.analyzer().analyze(analysis.searchable(run))
        if analysis.is_unspaced(run) and len(found) > 1:  # nobody knows where its words end
            yield from (Unit(pair, (0, 1)) for pair in pairwise(found))
        else:
            yield from (Unit((term,)) for term in found)


def _unfinished(chunk: str) -> Iterator[Unit]:
    """As `_units`, but for its last word; scripts without spaces are searched by pairs anyway."""
    if analysis.is_unspaced(chunk[-1:]):
        yield from _units(chunk)
        return
    *complete, beginning = analysis.plain_analyzer().analyze(analysis.searchable(chunk)) or [""]
    for word in complete:
        yield from _units(word)
    if beginning:
        yield Unit((beginning,), prefix=True)


def _phrase(quoted: str) -> Unit | None:
    """The terms at the places of their words; a stop word leaves its place open, as in the index."""
    terms: list[str] = []
    offsets: list[int] = []
    for place, word in enumerate(analysis.plain_analyzer().analyze(analysis.searchable(quoted))):
        for term in analysis.analyzer().analyze(word):
            terms.append(term)
            offsets.append(place)
    return Unit(tuple(terms), tuple(offset - offsets[0] for offset in offsets)) if terms else None


def _codes(text: str) -> tuple[str, ...]:
    candidates = [text, *_CODE.findall(text[: MAX_CODE_CHARS * 4])]
    return tuple(dict.fromkeys(filter(None, map(code, candidates))))[: MAX_CODES + 1]
