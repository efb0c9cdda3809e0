"""From text to index terms: the same analysis for items and queries.

Lower case, accents folded, English stop words dropped, Porter2 stems; what is no English passes unchanged.
Scripts written without spaces (Chinese, Japanese, Thai, …) are indexed character by character and searched by
pairs of neighbours; symbols such as emoji are words of their own.
"""

import re
from functools import cache, lru_cache

import tantivy

NAME = "english"
PLAIN = "plain"
MAX_TERM_CHARS = 100

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"  # CJK
    "\U00020000-\U0003ffff"
)
_SYMBOLS = "\u2190-\u21ff\u2300-\u23ff\u2460-\u27bf\u2900-\u2bff\U0001f000-\U0001faff"
_APART = re.compile(f"[{_UNSPACED}]|([{_SYMBOLS}])")
_RUNS = re.compile(f"[{_UNSPACED}]+|[{_SYMBOLS}]|[^{_UNSPACED}{_SYMBOLS}]+")
_WORDS = re.compile(f"[{_UNSPACED}]+|[{_SYMBOLS}]|(?:(?![{_UNSPACED}{_SYMBOLS}])[^\\W_])+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


@cache
def analyzer() -> tantivy.TextAnalyzer:
    """The analyser that tantivy knows as `NAME`."""
    steps = [
        tantivy.Filter.remove_long(MAX_TERM_CHARS),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stopword("english"),
        tantivy.Filter.stemmer("english"),
    ]
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in steps:
        builder = builder.filter(step)
    return builder.build()


@cache
def plain_analyzer() -> tantivy.TextAnalyzer:
    """The analyser `PLAIN`: words as they are spelt, for finding what a misspelt one was meant to be."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(MAX_TERM_CHARS),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
    ):
        builder = builder.filter(step)
    return builder.build()


def searchable(text: str) -> str:
    """The text as it is indexed: unspaced characters apart, a symbol as the word `u<code point>`."""
    if text.isascii():
        return text
    return _APART.sub(lambda found: f" u{ord(found[1]):x} " if found[1] else f" {found[0]} ", text)


def index_terms(text: str) -> list[str]:
    """The terms of a text as they are indexed, in order of appearance, repeats kept."""
    return list(analyzer().analyze(searchable(text)))


@lru_cache(maxsize=20_000)
def terms(text: str) -> tuple[str, ...]:
    """The distinct terms of a text, in order of appearance."""
    return tuple(dict.fromkeys(index_terms(text)))


def plain(word: str) -> str:
    """A word as the plain analysis has it; "" for what is none."""
    return "".join(plain_analyzer().analyze(word)[:1])


def runs(text: str) -> list[str]:
    """The parts of a text without spaces: an unspaced script, a symbol, or other words."""
    return [text] if text.isascii() else _RUNS.findall(text)


def words(text: str) -> list[tuple[str, int, int]]:
    """The words of a text with their start and end."""
    return [(found[0], *found.span()) for found in _WORDS.finditer(text)]


def is_unspaced(run: str) -> bool:
    """Whether a run is written in a script without spaces."""
    return bool(_IS_UNSPACED.match(run))
