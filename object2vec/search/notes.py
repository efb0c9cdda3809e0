"""The notes of an answer about itself that are known beforehand."""

PHRASE_DROPPED = "no item has the phrase in quotes: its words were searched one by one"
NO_WORD = "the query has no word to search for"
NOTHING_NEAR = "no item has the words of the query, and none is near to it in meaning"
STRANGE = (
    "no item has the words of the query, and the model does not know them: only what is very near is shown"
)
BY_MEANING = "no item has the words of the query: these are similar in meaning"
NOT_BY_WORDS = frozenset({NO_WORD, NOTHING_NEAR, STRANGE, BY_MEANING})
"""One of these is in an answer whose hits have no word of the query."""
