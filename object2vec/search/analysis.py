"""From text to index terms: one analysis for items, queries, filter values, spelling and highlights.

A text is folded (compatibility characters, case, marks, apostrophes; Unicode Standard Annex 15 and
https://www.unicode.org/versions/latest/core-spec/chapter-5/), then cut into words. A word in a script without
spaces (Chinese, Japanese, Thai, …) is one character, searched by pairs of neighbours; symbols such as emoji
are words of their own. Letters and digits are cut apart, so that "WH-1000XM4", "wh1000xm4", "500ml" and "500
ml" have the same words. Word forms are the stems of the catalogue's languages (Snowball), so that all forms
of a word are one term.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path

import orjson

from object2vec.search.languages import Language, language_of

MAX_TERM_CHARS = 100

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"  # CJK
    "\U00020000-\U0003ffff"
)
_SYMBOLS = "\u2190-\u21ff\u2300-\u23ff\u2460-\u27bf\u2900-\u2bff\U0001f000-\U0001faff"
PLUS, PLUS_NAME = "+", "plus"
"""The word that a plus sign behind another word is, and the word that people may type for it."""
_TIMES = re.compile(r"(?<=\d)\*(?=\d)")
_INCHES = re.compile(r"(?P<quoted>(?<![^\s(])\"[^\"]*\")|(?<=\d)(?:\"|'')(?![\w\"])")
"""A quotation mark behind a number, unless it ends what another one began: Route "66" sign."""
_FRACTION = (
    r"(?<![\d/.,])(?P<fraction>1/[2-9]|[235]/[348]|[357]/(?:8|16|32)|1/(?:10|12|16|32))(?![\d/]|[.,]\d)"
)
_NUMBER = r"(?P<number>\d+(?:[.,]\d+)*)"
_SIGNED = r"(?P<signed>(?<![^\W\d_])(?:[a-z]{1,2}(?:\+\+|#)|[a-z]\+|[a-z] (?:\+\+|#)(?! ?\d))(?![\w+#]))"
_PLUS = r"(?P<plus>(?<=[^\W_])\+(?![\w+#]))"
"""A plus sign behind a number or a name: SPF 50+, S20+, Disney+."""
_ASCII = re.compile(rf"{_FRACTION}|{_NUMBER}|{_SIGNED}|{_PLUS}|(?P<word>[a-z]+(?:'[a-z]+)*)")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")
_ELISION = re.compile(r"(?:[cdjlmnst]|qu|dell|all|nell|dall|sull|un|lorsqu|jusqu|puisqu)'(?=\w{2})")
_ONE_TERM = re.compile("[&'.\u2019]|\\d")
"""The signs that join the parts of a query's chunk into one thing: AT&T, Dr.Pepper, WH-1000XM4."""
_CHUNK = re.compile(r"(?<!\S)[A-Za-z] (?:\+\+|#)(?!\S| \d)|\S+")
_BETWEEN = re.compile(r"[\s\-_./\\]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")

_HYPHENS = "\u2010\u2011\u2013\u2014\u2212"
_APOSTROPHES = "`\u2019\u2018\u02bc\xb4\u2032\u02bb"
_LETTERS = (
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "ŋ": "ng",
        "\u0131": "i",  # i without its dot
        "\u0451": "\u0435",  # Russian yo as ye
        "\u0649": "\u064a",
        "\u0629": "\u0647",
        "\u06a9": "\u0643",
        "\u06cc": "\u064a",
        "\u0640": "",  # Arabic and Persian
        "\u2044": "/",
        "\u066b": ".",  # of Arabic numbers: the decimal sign, and the one of thousands
        "\u066c": ",",
        "\u00d7": "x",  # the sign of multiplication: 10 x 20 cm
    }
    | {chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)}  # katakana as hiragana
    | dict.fromkeys(_HYPHENS, "-")
    | dict.fromkeys(_APOSTROPHES, "'")
)
"""Letters that no decomposition folds."""
_BEFORE = str.maketrans("\u00b4\u2032\u2122\u2120\u00ae\u00a9", "''    ") | {
    ord(sign): f" {sign}" for sign in "\u00bc\u00bd\u00be" + "".join(map(chr, range(0x2150, 0x215F)))
}
"""NFKC would make spaces of accents and primes, letters of the signs of trade marks, and 11/2 of 1\u00bd."""
_BARE = ("LATIN", "GREEK", "HEBREW", "ARABIC")
"""Scripts whose letters are searched without their marks; elsewhere a mark makes another letter (й, が)."""
_MARKS = (
    (0x300, 0x36F), (0x483, 0x489), (0x591, 0x5C7), (0x610, 0x61A), (0x64B, 0x65F), (0x670, 0x670),
    (0x6D6, 0x6ED), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F),
)  # fmt: skip


class _Folds(dict[int, str]):
    """The folded form of every character, worked out once for each that is met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(char: str) -> str:
    if char in _LETTERS:
        return _LETTERS[char]
    if char in _simplified():
        return _simplified()[char]
    category, code = unicodedata.category(char), ord(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Cf" or (category[0] == "M" and any(low <= code <= high for low, high in _MARKS)):
        return ""  # soft hyphens, joiners, accents, points of Hebrew and Arabic
    if category[0] == "L" and unicodedata.name(char, "").split(" ")[0] in _BARE:
        bare = (c for c in unicodedata.normalize("NFD", char) if not unicodedata.combining(c))
        return "".join(_LETTERS.get(letter, letter) for letter in bare)
    return char


@cache
def _simplified() -> dict[str, str]:
    """Traditional Chinese characters and their simplified forms (OpenCC)."""
    characters = orjson.loads(Path(__file__).with_name("chinese.json").read_bytes())
    return dict(zip(characters["traditional"], characters["simplified"], strict=True))


_FOLDS = _Folds()


def fold(text: str) -> str:
    """The text as it is compared: compatibility forms, case, marks and apostrophes made alike."""
    if text.isascii():
        folded = text.lower().replace("`", "'")
    else:
        text = unicodedata.normalize("NFKC", text.translate(_BEFORE))
        folded = unicodedata.normalize("NFKC", text.casefold().translate(_FOLDS))
    folded = _TIMES.sub("x", folded) if "*" in folded else folded
    if '"' in folded or "''" in folded:
        return _INCHES.sub(lambda found: found["quoted"] or " inch", folded)
    return folded


@cache
def _pattern() -> re.Pattern[str]:
    """The pattern of words in any script. Marks that are left after folding belong to letters (Indic
    vowels)."""
    marks = "".join(chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code))[0] == "M")
    letter = f"(?:(?![{_UNSPACED}{_SYMBOLS}])[^\\W\\d_][{marks}]*)"
    return re.compile(
        f"(?P<unspaced>[{_UNSPACED}][\u3099\u309a]?)|(?P<symbol>[{_SYMBOLS}])|{_FRACTION}|{_NUMBER}|{_SIGNED}"
        f"|{_PLUS}|(?P<word>{letter}+(?:'{letter}+)*)"
    )


def words(text: str) -> list[str]:
    """The words of a text, folded, in order; repeats kept."""
    return [word for word, _, _ in _spans(fold(text))]


def _spans(folded: str) -> list[tuple[str, int, int]]:
    """The words of a folded text with their start and end in it."""
    found: list[tuple[str, int, int]] = []
    for match in (_ASCII if folded.isascii() else _pattern()).finditer(folded):
        kind, (start, end) = match.lastgroup, match.span()
        if kind == "word":
            found += _word_spans(match[0], start)
        elif kind == "number":
            found += _number_spans(match[0], start)
        elif kind == "signed":
            found.append((match[0].replace(" ", ""), start, end))
        elif kind == "symbol":
            found.append((f"u{ord(match[0]):x}", start, end))
        elif kind == "plus":
            found.append((PLUS, start, end))
        else:
            found.append((match[0], start, end))
    return found


def _word_spans(word: str, start: int) -> Iterable[tuple[str, int, int]]:
    """A word; one with an article before an apostrophe (l'eau, dell'acqua) is two, others with one are joined
    (Levi's, O'Neill)."""
    end = start + len(word)
    if "'" in word and (article := _ELISION.match(word)):
        yield word[: article.end() - 1], start, start + article.end() - 1
        word, start = word[article.end() :], start + article.end()
    if len(word) <= MAX_TERM_CHARS:
        yield word.replace("'", ""), start, end


def _number_spans(number: str, start: int) -> Iterable[tuple[str, int, int]]:
    """A number without marks of thousands, with a decimal point and no zeros after its last digit; other
    digits with points between them (a version, a date) part by part."""
    end = start + len(number)
    if len(number) > MAX_TERM_CHARS:
        return
    if number.isdigit():
        yield number, start, end
    elif _THOUSANDS.fullmatch(number):
        yield re.sub("[.,]", "", number), start, end
    elif len(parts := re.split("[.,]", number)) == 2:
        fraction = parts[1].rstrip("0")
        yield f"{parts[0]}.{fraction}" if fraction else parts[0], start, end
    else:
        for part in re.finditer(r"\d+", number):
            yield part[0], start + part.start(), start + part.end()


def chunks(text: str) -> list[str]:
    """The parts of a text between spaces, as they are typed; "C ++" is one of them."""
    return _CHUNK.findall(text)


def is_one_thing(chunk: str) -> bool:
    """Whether the words of a chunk without spaces are meant next to each other: a code, a number with its
    unit, AT&T; but not the words that a hyphen or a slash joins."""
    return bool(_ONE_TERM.search(chunk))


def is_unspaced(word: str) -> bool:
    """Whether a word is written in a script without spaces."""
    return bool(_IS_UNSPACED.match(word))


def joined(text: str) -> str:
    """An id, SKU or ISBN as it is compared: without spaces, hyphens, points and slashes; "" without a letter
    or digit."""
    kept = _BETWEEN.sub("", fold(text))
    return kept if any(map(str.isalnum, kept)) else ""


def value_of(text: str) -> str:
    """A text of a field as filters and facets have it: the same value, however its characters are encoded."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


class Analysis:
    """The word forms of a catalogue's languages. Safe to share between threads."""

    def __init__(self, languages: Sequence[str] = ("en",)) -> None:
        """`languages` by their ISO 639-1 codes. Raises BadRequestError for one that is not known."""
        self.languages = tuple(languages)
        self._languages: tuple[Language, ...] = tuple(map(language_of, languages))
        self.terms_of = lru_cache(maxsize=200_000)(self._terms_of)
        """The terms of a folded word: its stems in all languages, each once, or in the one that is given."""
        self.is_stop = lru_cache(maxsize=50_000)(self._is_stop)
        """Whether a folded word is a stop word (the, und, les) of any of the languages, or of the one that is
        given."""

    def index_terms(self, text: str) -> list[str]:
        """The terms of a text's words, in order, repeats kept."""
        return list(chain.from_iterable(map(self.terms_of, words(text))))

    def terms(self, text: str) -> frozenset[str]:
        """The distinct terms of a text."""
        return frozenset(self.index_terms(text))

    def telling(self, text: str) -> list[str]:
        """The terms of a text's words without stop words, or of all where there are no others; repeats
        kept."""
        found = words(text)
        return [
            term
            for word in [word for word in found if not self.is_stop(word)] or found
            for term in self.terms_of(word)[:1]
        ]

    def _terms_of(self, word: str, language: str = "") -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.stem(word) for each in self._among(language))) or (word,)

    def _is_stop(self, word: str, language: str = "") -> bool:
        return any(word in each.stop_words for each in self._among(language))

    def _among(self, code: str) -> tuple[Language, ...]:
        """The language of this code; all languages if hardly anything in the catalogue is written in it."""
        return tuple(each for each in self._languages if each.code == code) or self._languages


ENGLISH = Analysis(("en",))


def original_spans(text: str) -> list[tuple[str, int, int]]:
    """The words of a text, folded, with the part of the original text that each stands in."""
    found = []
    for chunk in re.finditer(r"\S+", text):
        folded = fold(chunk[0])
        same = len(folded) == len(chunk[0])
        for word, start, end in _spans(folded):
            begin = chunk.start()
            found.append((word, begin + start, begin + end) if same else (word, begin, chunk.end()))
    return found
