"""Takes apart what a shopper typed: words, phrases in quotes, and codes.

Nothing in a query is syntax but double quotes around a phrase; everything else is text.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from object2vec.search import analysis

MAX_CODES = 8
MAX_CODE_CHARS = 500
KEYWORDS = 12
"""More words are a description, in which quotation marks ask for nothing."""
_PHRASE = re.compile(r'(?<![^\s(])"([^"]*)"')
"""A quotation mark behind something is that of inches, or an end."""
_QUOTES = str.maketrans("“”„«»\uff02", '""""""')
_CODE = re.compile(r"(?=\S*\d)\S{3,}")
_NAMED_CODE = re.compile(
    r"^(?:isbn(?:-?1[03])?|ean|gtin|upc|sku|mpn|asin|art(?:icle|\.)?(?:-?n[or])?)[.:#]*(?=\d\w\w)"
)
_CUT_NUMBER, CUT_DIGITS = re.compile(r"\d+(?:\D+\d+)+"), 6
"""3/4 and 24-70 are no codes: of digits alone that signs cut, there have to be so many."""
_GTIN = re.compile(r"0+([1-9]\d{6,12})")
"""UPC and EAN, GTIN-14 and GTIN-13: the same number with zeros before it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a query that has to be found together: one folded word, or several at given offsets of each
    other."""

    words: tuple[str, ...]
    offsets: tuple[int, ...] = (0,)
    prefix: bool = False
    """Whether the one word is only how a word begins."""

    @property
    def word(self) -> str | None:
        """The word of a unit that is nothing but one whole word."""
        return self.words[0] if len(self.words) == 1 and not self.prefix else None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Consecutive units of a query, and what the shop's synonyms say stands for them too."""

    parts: tuple[Unit, ...]
    instead: Unit


@dataclass(frozen=True, slots=True)
class TextQuery:
    """A query's parts, in order of appearance."""

    words: tuple[Unit, ...]
    """As often as they were typed."""
    phrases: tuple[Unit, ...]
    """From quotes, each once: every hit has them."""
    codes: tuple[str, ...]
    """The whole text, then words that may be an id or SKU, without case and punctuation."""
    alternatives: tuple[Alternative, ...] = ()
    """Other units that its words also stand for."""

    @property
    def times(self) -> Counter[Unit]:
        """How often each word was typed."""
        return Counter(self.words)

    @property
    def beginning(self) -> str:
        """The unfinished word; "" where there is none."""
        return next((unit.words[0] for unit in self.words if unit.prefix), "")

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it that an item could have."""
        return not (self.words or self.phrases or self.codes)

    def without_phrases(self) -> "TextQuery":
        """Phrases taken as their single words."""
        single = (Unit((word,)) for phrase in self.phrases for word in phrase.words)
        return TextQuery((*self.words, *single), (), self.codes, self.alternatives)


def parse(text: str, *, prefix: bool = False) -> TextQuery:
    """Any text is a query; with `prefix`, its last word may be unfinished."""
    text = text.translate(_QUOTES)
    phrases = [unit for quoted in _PHRASE.findall(text) if (unit := _phrase(quoted))]
    *chunks, last = analysis.chunks(_PHRASE.sub(" ", text)) or [""]
    words = [unit for chunk in chunks for unit in _units(chunk)]
    words += _unfinished(last) if prefix and not text.rstrip().endswith('"') else _units(last)
    query = TextQuery(tuple(words), tuple(dict.fromkeys(phrases)), _codes(text))
    return query if len(words) <= KEYWORDS else query.without_phrases()


def code(text: str) -> str:
    """An id or SKU as it is compared: letters and digits, ignoring case; as it stands if it has none."""
    return analysis.joined(text)[:MAX_CODE_CHARS] or text.strip()[:MAX_CODE_CHARS]


def _units(chunk: str) -> Iterator[Unit]:
    """The units of a part without spaces. Where words end in a script without spaces is not known: its pairs
    of neighbouring characters are searched."""
    words = analysis.words(chunk)
    if len(words) > 1 and words[-1] == analysis.PLUS and "+" in chunk:  # 50+ is best, and 50 is near
        yield from _units(chunk[: chunk.rindex("+")])
        yield _single(analysis.PLUS)
        return
    if len(words) > 1 and analysis.is_one_thing(chunk) and not any(map(analysis.is_unspaced, words)):
        yield Unit(tuple(words), tuple(range(len(words))))
        return
    run: list[str] = []
    for word in [*words, ""]:
        if word and analysis.is_unspaced(word):
            run.append(word)
            continue
        yield from (Unit(pair, (0, 1)) for pair in pairwise(run)) if len(run) > 1 else map(_single, run)
        run = []
        if word:
            yield _single(word)


def _unfinished(chunk: str) -> Iterator[Unit]:
    """As `_units`, but for its last word; scripts without spaces are searched by pairs anyway."""
    *complete, beginning = analysis.words(chunk) or [""]
    if not beginning or analysis.is_unspaced(beginning):
        yield from _units(chunk)
        return
    yield from map(_single, complete)
    yield Unit((beginning,), prefix=True)


def _single(word: str) -> Unit:
    return Unit((word,))


def _phrase(quoted: str) -> Unit | None:
    words = tuple(analysis.words(quoted))
    return Unit(words, tuple(range(len(words)))) if words else None


def same_codes(joined: str) -> tuple[str, ...]:
    """A code, and what it also is: without zeros before it if it is an article number."""
    match = _GTIN.fullmatch(joined)
    return (joined, match[1]) if match else (joined,)


def _codes(text: str) -> tuple[str, ...]:
    parts = [
        part
        for part in _CODE.findall(text[: MAX_CODE_CHARS * 4])
        if not _CUT_NUMBER.fullmatch(part) or sum(map(str.isdigit, part)) >= CUT_DIGITS
    ]
    typed = [joined for joined in map(analysis.joined, (text, *parts)) if joined]
    said = [_NAMED_CODE.sub("", joined, count=1) for joined in typed]
    found = dict.fromkeys(same for joined in (*typed, *said) for same in same_codes(joined))
    return tuple(found)[: MAX_CODES + 1]
