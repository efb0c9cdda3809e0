"""Languages whose word forms are known: Snowball's stemmers, function words, and what tells one from another.

https://snowballstem.org, Porter 2001. Function words say nothing about an item; together with words for
colours, materials and packs, which product names are full of, they tell which languages a catalogue is
written in. The lists are in languages.json, folded as `analysis.fold` folds. There, `irregular` are pairs of
a form that no rule leads to its word, and that word; they tell languages too. `forms` are further such pairs,
which tell none, and `spellings` pairs of one word written in two ways.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import orjson
import py3langid.langid
import Stemmer

from object2vec.core.errors import BadRequestError
from object2vec.search import word_endings

AUTO = "auto"
DEFAULT = "en"
ENOUGH = 2
"""A text's language is clear from so many words or letters."""
LEAST_ITEMS, LEAST_SHARE = 2, 0.02
"""A language is one of a catalogue's if so many items, and this share of the items whose language is clear,
are written in it."""
LEAST_HINTS, HINT_SHARE = 2, 0.03
"""So is one that so many items, and this share of them, have different single words or letters of, where all
words together are not English."""
POOL_WORDS, MOST_POOLED = 15, 5_000
SURE, UNLIKE_ENGLISH, NO_ENGLISH = 0.99, 2.0, 4.0
"""All texts together tell a language by their letters if they have so many different words (the first so
many are read), it is so likely, and each word is on average e² times as likely in it as in English: English
shops sell mozzarella and Chardonnay. Below e⁴ times they may have both (measured: frozen food .7, wines .8,
tacos 1.3; Dutch clothes 2.3, Italian ones 3.1, a pizzeria with both 3.5; Danish and German shops 7 to 9)."""

LIKELY = 15
"""Two words may be in one of so many languages: few letters say little."""

_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "he": "hebrew", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch_porter",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil",
    "tr": "turkish",
}  # fmt: skip
_ALIASES: Mapping[str, str] = {"nb": "no", "nn": "no", "iw": "he"}
_SCRIPTS = {
    "CYRILLIC": ("ru", "sr"), "GREEK": ("el",), "HEBREW": ("he",), "ARABIC": ("ar", "fa"),
    "DEVANAGARI": ("hi", "ne"), "TAMIL": ("ta",), "ARMENIAN": ("hy",),
}  # fmt: skip
"""The languages of a script; those of the Latin one are all others."""
_LETTERS = {
    letter: code
    for code, letters in {
        "es": "\u00f1\u00bf\u00a1", "pt": "\u00e3\u00f5", "pl": "\u0142\u0105\u0119\u017c\u017a\u015b\u0144",
        "tr": "\u011f\u0131", "cs": "\u0159\u011b\u016f", "hu": "\u0151\u0171", "ro": "\u0103\u021b\u0219",
        "fr": "\u0153\u00ea\u00fb\u00ee",
    }.items()
    for letter in letters
}  # fmt: skip
"""Letters that only one of these languages has."""
_COMPOUNDING = {"de": 4, "nl": 3, "sv": 3, "da": 3, "no": 3, "fi": 3, "hu": 3}
"""Languages that write compounds as one word, and how short the last part of one may be (fietstas)."""
_DIGRAPHS: Mapping[str, Mapping[str, str]] = {
    "da": {"oe": "o", "aa": "a"},
    "no": {"oe": "o", "aa": "a"},
    "sv": {"oe": "o", "ae": "a", "aa": "a"},
    "de": {"oe": "o", "ae": "a", "ue": "u"},
}
"""How letters are typed that a keyboard lacks (\u00f8 as oe), and what they are folded to."""
_CODE = re.compile("[a-z]{2,3}")
_WORDS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language's word forms."""

    code: str
    """ISO 639-1."""
    stop_words: frozenset[str]
    _stemmer: Callable[[str], str]
    _irregular: Mapping[str, str] = field(default_factory=dict)
    _spellings: Mapping[str, str] = field(default_factory=dict)
    """By stem: the stem of the same word in its usual spelling (colour, color)."""

    @property
    def compound_end(self) -> int | None:
        """How many letters the last part of a compound has at least; None if it writes no compounds."""
        return _COMPOUNDING.get(self.code)

    @property
    def digraphs(self) -> Mapping[str, str]:
        """Two letters for one with a mark, as it is typed on a foreign keyboard, and what it is folded to."""
        return _DIGRAPHS.get(self.code, {})

    def stem(self, word: str) -> str:
        """The part that all forms of a folded word have in common; the word itself if it is in another
        script."""
        if not _is_in(self.code, word):
            return word
        word = word_endings.before(self.code, self._regular(word))
        if irregular := self._irregular.get(word):  # behind an article
            word = word_endings.before(self.code, irregular)
        stem = word_endings.after(self.code, self._stemmer(word))
        return self._spellings.get(stem, stem)

    def _regular(self, word: str) -> str:
        """The word whose irregular form this is; also of an English one with a possessive s (childrens)."""
        base = self._irregular.get(word)
        if base is None and self.code == DEFAULT and word.endswith("s"):
            base = self._irregular.get(word[:-1])
        return base or word


@dataclass(frozen=True, slots=True)
class _Lists:
    """Words by the code of their language."""

    function_words: Mapping[str, Sequence[str]]
    shop_words: Mapping[str, Sequence[str]]
    irregular: Mapping[str, Sequence[str]]
    forms: Mapping[str, Sequence[str]]
    spellings: Mapping[str, Sequence[str]]


@cache
def _lists() -> _Lists:
    groups = orjson.loads(Path(__file__).with_name("languages.json").read_bytes())
    return _Lists(
        **{name: {code: text.split() for code, text in group.items()} for name, group in groups.items()}
    )


def supported() -> list[str]:
    """The codes of all languages."""
    return sorted(_STEMMERS)


def code_of(tag: str) -> str:
    """The ISO 639 code of a language tag (de-AT, zh_Hant, nb), word forms or not. Raises BadRequestError."""
    short = re.split("[-_]", tag.strip().lower())[0]
    if not _CODE.fullmatch(short):
        raise BadRequestError(f"{tag[:20]!r} is no code of a language: write en, de or zh")
    return _ALIASES.get(short, short)


@cache
def language_of(code: str) -> Language:
    """The language of a code such as de, de-AT or no. Raises BadRequestError, naming those there are."""
    short = re.split("[-_]", code.strip().lower())[0]
    short = _ALIASES.get(short, short)
    if short not in _STEMMERS:
        raise BadRequestError(f"no word forms are known for language {code!r}: use {', '.join(supported())}")
    stop_words = frozenset(_lists().function_words.get(short, ()))
    named = _STEMMERS[short]
    has_stemmer = named in Stemmer.algorithms()  # Hebrew has rules alone
    stemmer: Callable[[str], str] = Stemmer.Stemmer(named, 0).stemWord if has_stemmer else str
    lists = _lists()
    return Language(
        short,
        stop_words,
        stemmer,
        _pairs([*lists.forms.get(short, ()), *lists.irregular.get(short, ())]),
        {stemmer(one): stemmer(other) for one, other in _pairs(lists.spellings.get(short, ())).items()},
    )


def _pairs(words: Sequence[str]) -> Mapping[str, str]:
    return dict(zip(words[::2], words[1::2], strict=True))


def chosen(setting: str) -> list[str] | None:
    """The languages of a setting such as "de, en"; None for "auto": those that the catalogue is written in.
    Raises BadRequestError."""
    if setting.strip().lower() == AUTO:
        return None
    return [language_of(code).code for code in setting.split(",")]


def languages_of(texts: Iterable[tuple[str, object]]) -> list[str]:
    """The languages that items are written in, most frequent first; English if none is clear.

    An item is its text and what it says itself of its language, if anything. Names of products have few
    function words: what the items that none tells have in common is told by their letters.
    """
    telling: Counter[str] = Counter()
    unclear: dict[str, None] = {}
    hints: dict[str, Counter[str]] = defaultdict(Counter)
    items = 0
    for text, named in texts:
        items += 1
        if code := told(text, named):
            telling[code] += 1
        elif len(unclear) < MOST_POOLED:
            unclear |= dict.fromkeys(_WORDS.findall(text.lower()))
            for code, hint in _hints(text):
                hints[code][hint] += 1
    least = max(LEAST_ITEMS, LEAST_SHARE * telling.total())
    languages = [code for code, some in telling.most_common() if some >= least]
    by_letters = _by_letters([word for word in unclear if len(word) > 1])
    languages += _told_by_letters(by_letters) if by_letters.words >= POOL_WORDS else []
    if by_letters.unlike_english >= UNLIKE_ENGLISH:
        enough = max(LEAST_HINTS, HINT_SHARE * items)
        languages += [
            code for code, some in hints.items() if len(some) > 1 and some.total() + telling[code] >= enough
        ]
    return list(dict.fromkeys(languages)) or [DEFAULT]


def code_of_language(language: object) -> str | None:
    """The code of the language that a field names; None for none, and for one without word forms."""
    if not isinstance(language, str):
        return None
    short = re.split("[-_]", language.strip().lower())[0]
    short = _ALIASES.get(short, short)
    return short if short in _STEMMERS else None


def told(text: str, named: object) -> str | None:
    """The language that an item says it is in, or that its text tells; None if neither does."""
    return code_of_language(named) or _told_by(text)


def is_word_somewhere(word: str) -> bool:
    """Whether a folded word is a usual one of some language, and so no misspelling of another's."""
    return word in _all_words()


def are_foreign(words: Iterable[str]) -> bool:
    """Whether words together are not English, by their letters."""
    return _by_letters(sorted(words)).unlike_english >= UNLIKE_ENGLISH


def are_forms(word: str, other: str) -> bool:
    """Whether two folded words may be forms of one, in a language that they may be in by their letters."""
    agreeing = [code for code in supported() if language_of(code).stem(word) == language_of(code).stem(other)]
    if not agreeing:
        return False
    likely = {code for code, _ in _by_letters([word, other]).levels[:LIKELY]}
    return not likely.isdisjoint(agreeing)


def _told_by(text: str) -> str | None:
    """The language that most words and letters of a text point to; None for a tie, and if a single word
    decides: that may be a name."""
    found = Counter[str]()
    for code, hint in _hints(text):
        found[code] += 1 if hint else ENOUGH
    best = found.most_common(2)
    clear = best and best[0][1] >= ENOUGH and (len(best) == 1 or best[0][1] > best[1][1])
    return best[0][0] if clear else None


def _hints(text: str) -> Iterator[tuple[str, str]]:
    """The languages that words and letters of a text point to, each with what does; "" for a script that no
    other language has."""
    lowered = unicodedata.normalize("NFC", text).casefold() if not text.isascii() else text.lower()
    yield from ((code, letter) for letter in set(lowered) if (code := _LETTERS.get(letter)))
    for word in set(_WORDS.findall(lowered)):
        bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        if code := _by_script(word):
            yield code, ""
        elif code := _exclusive().get(bare):
            yield code, bare


@dataclass(frozen=True, slots=True)
class _Likely:
    """How likely words are in each language, by their letters (langid, Lui & Baldwin 2012)."""

    words: int
    levels: Sequence[tuple[str, float]] = ((DEFAULT, 0.0),)
    """Codes with logarithms of likelihoods, the likeliest first."""

    @property
    def unlike_english(self) -> float:
        """How much likelier each word is in the likeliest language than in English, as a logarithm."""
        return (self.levels[0][1] - dict(self.levels)[DEFAULT]) / max(self.words, 1)


def _by_letters(words: Sequence[str]) -> _Likely:
    if not words:
        return _Likely(0)
    ranked = _identifier().rank(" ".join(words))
    return _Likely(len(words), [(_ALIASES.get(code, code), float(level)) for code, level in ranked])


def _told_by_letters(likely: _Likely) -> list[str]:
    """The language that many words are in, or two that are much alike such as Danish and Norwegian, and
    English where that is not out of the question; none if that is not sure. Those without word forms are left
    out."""
    if likely.unlike_english < UNLIKE_ENGLISH:
        return []
    shares: dict[str, float] = defaultdict(float)
    for code, level in likely.levels:
        shares[code] += math.exp(level - likely.levels[0][1])
    (first, most), (second, less) = sorted(shares.items(), key=lambda entry: -entry[1])[:2]
    sure = SURE * sum(shares.values())
    found = [first] if most >= sure else [first, second] if most + less >= sure else []
    forms = [code for code in found if code in _STEMMERS]
    return [*forms, DEFAULT] if forms and likely.unlike_english < NO_ENGLISH else forms


@cache
def _identifier() -> py3langid.langid.LanguageIdentifier:
    return py3langid.langid.LanguageIdentifier.from_pickled_model(py3langid.langid.MODEL_FILE)


@cache
def _exclusive() -> Mapping[str, str]:
    """Words that are in the lists of one language alone."""
    of = _lists()
    lists = {
        code: {*words, *of.shop_words.get(code, ()), *of.irregular.get(code, ())}
        for code, words in of.function_words.items()
    }
    owners: Counter[str] = Counter(word for words in lists.values() for word in words)
    return {
        word: code for code, words in lists.items() for word in words if owners[word] == 1 and len(word) > 1
    }


@cache
def _all_words() -> frozenset[str]:
    lists = _lists()
    groups = (lists.function_words, lists.shop_words, lists.irregular)
    return frozenset(word for group in groups for words in group.values() for word in words)


def _is_in(code: str, word: str) -> bool:
    """Whether a word is written in the script of the language."""
    if word.isascii():
        return _script_of(code) is None
    script = unicodedata.name(word[0], "").split(" ")[0]
    return script == (_script_of(code) or "LATIN")


@cache
def _script_of(code: str) -> str | None:
    """None for Latin."""
    return next((script for script, codes in _SCRIPTS.items() if code in codes), None)


def _by_script(word: str) -> str | None:
    """The language of a word that its script alone tells."""
    codes = () if word.isascii() else _SCRIPTS.get(unicodedata.name(word[0], "").split(" ")[0], ())
    return codes[0] if codes else None
