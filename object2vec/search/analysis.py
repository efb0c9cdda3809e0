"""From text to index terms: the same analysis for items and queries.

Lower case, accents folded, English stop words dropped, Porter2 stems; what is no English passes unchanged.
"""

from functools import cache

import tantivy

NAME = "english"
MAX_TERM_CHARS = 100


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


def terms(text: str) -> list[str]:
    """The distinct terms of a text, in order of appearance."""
    return list(dict.fromkeys(analyzer().analyze(text)))
