"""The one shape of every list answer, and its notes that are known beforehand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from object2vec.core.catalog import REVIEWS, CatalogItem, display_metadata, reviews_in
from object2vec.search.highlight import Marks, highlighted
from object2vec.search.index import Hit, Result

PHRASE_DROPPED = "no item has the phrase in quotes: its words were searched one by one"
NO_WORD = "the query has no word to search for"
NOTHING_NEAR = "no item has the words of the query, and none is near to it in meaning"
STRANGE = (
    "no item has the words of the query, and the model does not know them: only what is very near is shown"
)
BY_MEANING = "no item has the words of the query: these are similar in meaning"
LEFT_NOTHING = "no item that the filters let through has the words of the query or is near to it in meaning"
LEFT_BY_MEANING = (
    "no item that the filters let through has the words of the query: these are similar in meaning"
)
NOT_BY_WORDS = frozenset({NO_WORD, NOTHING_NEAR, STRANGE, BY_MEANING, LEFT_NOTHING, LEFT_BY_MEANING})
"""One of these is in an answer whose hits have no word of the query."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of the API; every field of it is always there."""

    hits: list[dict[str, Any]]
    total: int
    facets: Mapping[str, Any]
    next_cursor: str | None
    model_version: str
    degraded: bool
    strategy: str
    """The signals that the ranking rests on: hybrid, lexical, semantic; similar, similar-by-text,
    similar-by-look, similar-by-behaviour; bought-together, bought-together-estimated; basket, session and
    query, as many of them as apply, joined by a plus; popular, trending."""
    corrected: str | None = None
    """The query as it was searched, where its spelling was corrected."""
    unknown_items: list[str] = field(default_factory=list)
    seen: str | None = None
    """Whether what the shopper had may be among the hits, include or exclude; None where nobody asks that."""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Show:
    """How much an answer tells beyond the items."""

    explain: bool = False
    """The parts of each score."""
    highlight: bool = False
    """Where the query's words are."""


def hits_of(
    result: Result,
    show: Show,
    marks: Marks,
    addresses: Callable[[CatalogItem], dict[str, str]] = lambda _: {},
) -> list[dict[str, Any]]:
    """The hits as they are sent; `marks` are highlighted, if that is asked for; `addresses` says
    where pictures are."""
    return [_hit(hit, show, marks) | addresses(hit.item) for hit in result.hits]


def _hit(hit: Hit, show: Show, marks: Marks) -> dict[str, Any]:
    metadata = display_metadata(hit.item.metadata)
    record: dict[str, Any] = {
        "id": hit.item.id,
        "score": hit.score,
        "text": hit.item.text,
        "metadata": metadata,
    }
    if hit.variants is not None:
        record["variants"] = hit.variants
    if show.explain:
        record["explain"] = hit.parts
    if show.highlight:
        texts = {"text": hit.item.text} | {
            name: value for name, value in metadata.items() if isinstance(value, str)
        }
        if metadata is not hit.item.metadata:
            texts[REVIEWS] = reviews_in(hit.item.metadata)
        found = ((name, highlighted(text, marks)) for name, text in texts.items())
        record["highlights"] = {name: marked for name, marked in found if marked}
    return record
