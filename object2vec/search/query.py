"""Takes apart what a shopper typed: words, phrases in quotes, and codes.

Nothing in a query is syntax but double quotes around a phrase; everything else is text.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
_ISBN_10 = re.compile(r"[0-9]{9}[0-9x]")
"""With a check digit by modulo 11, x for 10; ISO 2108, which also makes thirteen digits of it."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a query that has to be found together: one folded word, or several at given offsets of each
    other."""

    words: tuple[str, ...]
    offsets: tuple[int, ...] = (0,)
    prefix: bool = False
    """Whether the one word is only how a word begins."""
    plus: bool = False
    """Whether a plus sign is behind it (50+): items with the sign there match better, others match too."""

    @property
    def word(self) -> str | None:
        """The word of a unit that is nothing but one whole word."""
        return self.words[0] if len(self.words) == 1 and not self.prefix else None

    @property
    def with_sign(self) -> "Unit":
        """The unit and a plus sign directly behind it, as one that has to be found together."""
        return Unit((*self.words, analysis.PLUS), (*self.offsets, self.offsets[-1] + 1))


@dataclass(frozen=True, slots=True)
class Alternative:
    """Consecutive units of a query, and what the shop's synonyms say stands for them too."""

    parts: tuple[Unit, ...]
    instead: Unit
    anywhere: bool = False
    """Whether its words may be anywhere in an item, if no item has them next to each other."""


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
    in_parts: bool = False
    """Whether some of the words are parts of a compound that no item has: any of them is better than none."""

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
        single = (unit for phrase in self.phrases for unit in _singles(phrase.words))
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


def signs_by_name(query: TextQuery) -> Iterator[Alternative]:
    """The plus signs that a query may mean with the word for them (tv plus, TV+)."""
    for before, name in pairwise(query.words):
        if name.words == (analysis.PLUS_NAME,):
            yield Alternative((before, name), before.with_sign)


def code(text: str) -> str:
    """An id or SKU as it is compared: letters and digits, ignoring case; as it stands if it has none."""
    return analysis.joined(text)[:MAX_CODE_CHARS] or text.strip()[:MAX_CODE_CHARS]


def _units(chunk: str) -> Iterator[Unit]:
    """The units of a part without spaces. Where words end in a script without spaces is not known: its pairs
    of neighbouring characters are searched."""
    together = analysis.is_one_thing(chunk)
    for words, plus in _cut_at_plus_signs(analysis.words(chunk)):
        *units, last = _units_of(words, together=together)
        yield from units
        yield replace(last, plus=plus)


def _units_of(words: Sequence[str], *, together: bool) -> Iterator[Unit]:
    if len(words) > 1 and together and not any(map(analysis.is_unspaced, words)):
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
    if not beginning or beginning == analysis.PLUS or analysis.is_unspaced(beginning):
        yield from _units(chunk)
        return
    yield from _singles(complete)
    yield Unit((beginning,), prefix=True)


def _cut_at_plus_signs(words: Sequence[str]) -> Iterator[tuple[Sequence[str], bool]]:
    """The words before each plus sign, and those behind the last, with whether a sign is behind them."""
    start = 0
    for end, word in enumerate([*words, ""]):
        if word in (analysis.PLUS, ""):
            if end > start:
                yield words[start:end], word == analysis.PLUS
            start = end + 1


def _singles(words: Sequence[str]) -> Iterator[Unit]:
    for some, plus in _cut_at_plus_signs(words):
        yield from map(_single, some[:-1])
        yield Unit((some[-1],), plus=plus)


def _single(word: str) -> Unit:
    return Unit((word,))


def _phrase(quoted: str) -> Unit | None:
    words = tuple(analysis.words(quoted))
    return Unit(words, tuple(range(len(words)))) if words else None


def same_codes(joined: str) -> Sequence[str]:
    """A code, and what it also is: an article number without zeros before it, an ISBN of ten digits with
    thirteen."""
    codes = [joined]
    if match := _GTIN.fullmatch(joined):
        codes.append(match[1])
    if _ISBN_10.fullmatch(joined) and _isbn_10_sum(joined) % 11 == 0:
        article = f"978{joined[:9]}"
        check = -sum(int(digit) * (1, 3)[at % 2] for at, digit in enumerate(article)) % 10
        codes.append(f"{article}{check}")
    return codes


def may_be_code(text: str) -> bool:
    """Whether digits alone that signs cut are enough for a code."""
    return not _CUT_NUMBER.fullmatch(text) or sum(map(str.isdigit, text)) >= CUT_DIGITS


def _isbn_10_sum(joined: str) -> int:
    return sum((10 - at) * (10 if sign == "x" else int(sign)) for at, sign in enumerate(joined))


def _codes(text: str) -> tuple[str, ...]:
    parts = filter(may_be_code, _CODE.findall(text[: MAX_CODE_CHARS * 4]))
    typed = [joined for joined in map(analysis.joined, (text, *parts)) if joined]
    without_names = [_NAMED_CODE.sub("", joined, count=1) for joined in typed]
    codes = dict.fromkeys(same for joined in (*typed, *without_names) for same in same_codes(joined))
    return tuple(codes)[: MAX_CODES + 1]
