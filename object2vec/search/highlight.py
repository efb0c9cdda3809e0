"""Where the words of a query are in a text: as HTML with `<mark>` around them, everything else escaped."""

from collections.abc import Iterator
from html import escape

from object2vec.search import analysis

MAX_CHARS = 240
"""A longer text is shown from shortly before the first match on."""
_LEAD = 60


def highlighted(text: str, terms: frozenset[str], beginning: str = "") -> str | None:
    """The text, or the part around the first match; None if it has none of the terms, and no word that begins
    as the unfinished one."""
    spans = list(_spans(text, terms, beginning))
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


def _spans(text: str, terms: frozenset[str], beginning: str) -> Iterator[tuple[int, int]]:
    """Words with one of the terms or that beginning; of an unspaced script, single characters."""
    for word, start, end in analysis.words(text):
        if analysis.is_unspaced(word):
            yield from ((at, at + 1) for at, letter in enumerate(word, start) if letter in terms)
        elif not terms.isdisjoint(analysis.terms(word)) or (
            beginning and analysis.plain(word).startswith(beginning)
        ):
            yield start, end


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
    """Neighbouring characters of an unspaced script under one mark."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined
