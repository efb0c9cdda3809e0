"""Typo tolerance: a word that no item has becomes the closest one that some item has.

The distance is Damerau-Levenshtein without repeated edits of a place (optimal string alignment): 1 for words
of 3 to 6 characters, up to 2 for longer ones. Some words are not corrected: those with a digit, which may be
codes; usual words of any known language, and units; and words that items split in two or join with the next
word. Of a word that the model knows, only double letters are, where that makes it a brand (Phillips).
"""

import re
from collections.abc import Callable, Collection, Iterable

from rapidfuzz.distance import OSA

from object2vec.core.arrays import Rows
from object2vec.core.catalog import display_metadata
from object2vec.search.analysis import is_unspaced, original_spans, words
from object2vec.search.embedded.documents import Documents
from object2vec.search.embedded.text.reader import LexicalReader
from object2vec.search.languages import DEFAULT, is_word_somewhere
from object2vec.search.units import is_unit

MAX_CORRECTIONS = 8
MAX_WORDS = 64
"""A longer text is no keyword query; a few odd words in it do no harm."""
LOOK_AT = 200
_WORD = re.compile(r"[^\W\d_]{3,30}")
_LONG, _STEM = 7, 5
_SURE, _FAR = 2, 3
"""Who writes by ear has the first letters right, and so many others wrong at most."""
_SPOKEN = [
    (re.compile(letters), spoken)
    for letters, spoken in (
        ("^(?:kn|gn|pn)", "n"), ("^wr", "r"), ("^wh", "w"), ("^x", "s"), ("ph", "f"),
        ("gh(?=[^aeiou]|$)", ""),
        ("t?ch|sch|sh|[ct]i(?=[ao])", "x"), ("c(?=[eiy])|z", "s"), ("c?k|q|c", "k"), ("dg|g(?=[eiy])", "j"),
        ("th", "t"), (r"(.)\1+", r"\1"),
    )
]  # fmt: skip
_SILENT = re.compile("[aeiouyhw]")


def corrected(
    text: str,
    lexical: LexicalReader,
    documents: Documents,
    known: Callable[[str], bool] | None = None,
    further: Collection[str] = (),
) -> str:
    """The text with the words replaced that no item has but for a typo, unless they are `known` words.
    `further` words that may be meant are those of synonyms."""
    found = original_spans(text)
    if len(found) > MAX_WORDS:
        return text
    spelt = [word for word, _, _ in found]
    changes = 0
    for at in reversed(range(len(found))):
        word, start, end = found[at]
        if is_unspaced(word) or lexical.knows_word(word):
            continue
        if words(text[start:end]) != [word]:  # only a part of what is written together
            continue
        if changes >= MAX_CORRECTIONS or _joins(lexical, spelt, at):
            continue
        meant = known is not None and known(text[start:end])
        better = _brand(word, lexical) if meant else _better(word, lexical, documents, further)
        if better:
            text = text[:start] + better + text[end:]
            changes += 1
    return text


def _joins(lexical: LexicalReader, spelt: list[str], at: int) -> bool:
    """Whether items write the word as one with the one before or after it."""
    pairs = (spelt[at - 1 : at + 1] if at else [], spelt[at : at + 2])
    return any(len(pair) == 2 and lexical.lookup.has_word("".join(pair)) for pair in pairs)


def _better(word: str, lexical: LexicalReader, documents: Documents, further: Collection[str]) -> str | None:
    """The word that a word was meant to be which no item has."""
    if not _WORD.fullmatch(word) or is_word_somewhere(word) or is_unit(word):
        return None
    for distance in range(1, 3 if len(word) >= _LONG else 2):
        rows = lexical.lookup.spelt_like(word, distance, LOOK_AT)
        near = _near(word, {*_words_of(rows, documents), *further}, distance)
        if near or (near := _with_a_stem_like(word, lexical, documents) if distance == 1 else []):
            return max(near, key=lambda other: _likely(word, other, lexical))
    sounding = _sounding_like(word, lexical)
    return max(sounding, key=lambda other: _likely(word, other, lexical), default=None)


def _brand(word: str, lexical: LexicalReader) -> str | None:
    """The brand from which a word that no item has differs by one double letter alone."""
    places = range(1, len(word))
    single = (word[:at] + word[at + 1 :] for at in places if word[at] == word[at - 1])
    double = (word[:at] + word[at - 1 :] for at in places)
    return next(filter(lexical.lookup.is_brand, (*single, *double)), None)


def _near(word: str, options: Iterable[str], distance: int) -> list[str]:
    """The options at this distance; the first letter is rarely the wrong one."""
    return [
        other
        for other in options
        if edits(word, other, distance) <= distance and (distance == 1 or other[0] == word[0])
    ]


def _with_a_stem_like(word: str, lexical: LexicalReader, documents: Documents) -> list[str]:
    """Words in another form, too: strawbery is near to strawberry, of which items have the plural."""
    stem = lexical.analysis.terms_of(word)[0]
    if len(stem) < _STEM:
        return []
    options = _words_of(lexical.lookup.spelt_like(stem, 1, LOOK_AT, stems=True), documents)
    stems = {other: lexical.analysis.terms_of(other)[0] for other in options}
    return [other for other, found in stems.items() if found[0] == stem[0] and edits(stem, found, 1) <= 1]


def _sounding_like(word: str, lexical: LexicalReader) -> list[str]:
    """English words that are further away and sound alike (neckless, necklace)."""
    if len(word) < _LONG or DEFAULT not in lexical.analysis.languages or not word.isascii():
        return []
    options = lexical.lookup.words_beginning(word[:_SURE], LOOK_AT * 10)
    sound = _sound(word)
    return [
        other
        for other in options
        if edits(word, other, _FAR) <= _FAR and other.isascii() and _sound(other) == sound
    ]


def _sound(word: str) -> str:
    """The consonants of an English word as they are spoken: an abridged Metaphone (Philips 1990, "Hanging on
    the Metaphone")."""
    for letters, spoken in _SPOKEN:
        word = letters.sub(spoken, word)
    return word[0] + _SILENT.sub("", word[1:])


def _words_of(rows: Rows, documents: Documents) -> set[str]:
    items = [documents.at(int(row)) for row in rows]
    parts = {
        part  # each once, before they are analysed: items that are found by one word have many in common
        for item in items
        for text in (item.text, *map(str, display_metadata(item.metadata).values()))
        for part in text.split()
    }
    return set(words(" ".join(parts)))


def _likely(word: str, other: str, lexical: LexicalReader) -> tuple[bool, bool, int, str]:
    """A key that is greatest for the word that was meant: the most frequent of equally near ones."""
    return other[0] == word[0], _once(other) == _once(word), lexical.lookup.frequency(other), other


def _once(word: str) -> str:
    """The word without its double letters, which are the commonest mistake."""
    return re.sub(r"(.)\1", r"\1", word)


def edits(one: str, other: str, limit: int) -> int:
    """The distance of two words; anything above `limit` is returned as `limit` + 1."""
    return OSA.distance(one, other, score_cutoff=limit)
