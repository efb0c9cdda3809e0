"""Where the words of a query are in a text: as HTML with `<mark>` around them, everything else escaped."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from object2vec.search import analysis
from object2vec.search.analysis import ENGLISH, Analysis

MAX_CHARS = 240
"""A longer text is shown from shortly before the first match on."""
_LEAD = 60


@dataclass(frozen=True, slots=True)
class Marks:
    """The words that are marked in the texts of a result."""

    terms: frozenset[str] = frozenset()
    """The terms that the query's words stand for."""
    beginning: str = ""
    """The query's unfinished word."""
    analysis: Analysis = ENGLISH

    def has(self, word: str) -> bool:
        """Whether a folded word is one of those."""
        if not self.terms.isdisjoint(self.analysis.terms_of(word)):
            return True
        return bool(self.beginning) and word.startswith(self.beginning)


def highlighted(text: str, marks: Marks) -> str | None:
    """The text, or the part around the first match; None if nothing in it is marked."""
    spans = list(_spans(text, marks))
    if not spans:
        return None
    first, last = _window(text, spans[0][0])
    pieces, at = ["…" if first else ""], first
    for start, end in _joined(spans):
        if start >= first and end <= last:
            pieces += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
            at = end
    pieces += [escape(text[at:last]), "…" if last < len(text) else ""]
    return "".join(pieces)


def _spans(text: str, marks: Marks) -> Iterator[tuple[int, int]]:
    return ((start, end) for word, start, end in analysis.original_spans(text) if marks.has(word))


def _window(text: str, match: int) -> tuple[int, int]:
    if len(text) <= MAX_CHARS:
        return 0, len(text)
    first = 0 if match <= MAX_CHARS // 2 else _after_space(text, match - _LEAD, match)
    last = min(len(text), first + MAX_CHARS)
    cut = text.rfind(" ", match, last)
    return first, last if last == len(text) or cut <= match else cut


def _after_space(text: str, low: int, high: int) -> int:
    space = text.find(" ", low, high)
    return low if space < 0 else space + 1


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Words that touch (characters of an unspaced script, parts of a code) under one mark."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and joined[-1][1] >= start:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined
