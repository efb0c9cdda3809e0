"""Queries for something without something else: lemonade without sugar, Lampe ohne Kabel.

The word for without and the word behind it are searched as one: who asks for a lamp without a cable is not
shown cables. Both together also stand for what says the same, such as sugar-free, no sugar and zuckerfrei.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from object2vec.search.analysis import Analysis
from object2vec.search.query import KEYWORDS, Alternative, TextQuery, Unit


@dataclass(frozen=True, slots=True)
class _Words:
    """How a language says that something is not there, in folded words."""

    without: str
    before: tuple[str, ...] = ()
    """Further words that say so before another one."""
    behind: tuple[str, ...] = ()
    """Those that say so behind it, in one word or in two."""


_WORDS = {
    "cs": _Words("bez"),
    "da": _Words("uden", behind=("fri",)),
    "de": _Words("ohne", behind=("frei", "los")),
    "el": _Words("χωρις"),
    "en": _Words("without", before=("no", "non", "zero"), behind=("free", "less")),
    "es": _Words("sin"),
    "fi": _Words("ilman"),
    "fr": _Words("sans"),
    "it": _Words("senza"),
    "nl": _Words("zonder", behind=("vrij", "loos")),
    "no": _Words("uten", behind=("fri",)),
    "pl": _Words("bez"),
    "pt": _Words("sem"),
    "ro": _Words("fara"),
    "ru": _Words("без"),
    "sv": _Words("utan", behind=("fri",)),
}


def with_negations(query: TextQuery, analysis: Analysis) -> TextQuery:
    """A query of keywords with a word for without, in one of a catalogue's languages, and the word behind it
    as one unit, and what stands for it too."""
    if len(query.words) > KEYWORDS:
        return query
    languages = {_WORDS[code].without: _WORDS[code] for code in analysis.languages if code in _WORDS}
    units: list[Unit] = []
    others: list[Alternative] = []
    for unit in query.words:
        without = languages.get(units[-1].word or "") if units else None
        if without is None or unit.word is None or analysis.is_stop(unit.word):
            units.append(unit)
            continue
        units[-1] = _together(without.without, unit.word)
        others += [Alternative((units[-1],), same) for same in _same(without, unit.word, analysis)]
    return (
        query
        if len(units) == len(query.words)
        else replace(query, words=tuple(units), alternatives=tuple(others))
    )


def _same(words: _Words, missing: str, analysis: Analysis) -> Iterator[Unit]:
    for word in words.before:
        yield _together(word, missing)
        yield Unit((word, missing), (0, 2))  # no added sugar
    for word in words.behind:
        yield _together(missing, word)
        yield from (Unit((form + word,)) for form in dict.fromkeys((missing, *analysis.terms_of(missing))))


def _together(*words: str) -> Unit:
    return Unit(words, tuple(range(len(words))))
