"""The requests over HTTP, typed; the OpenAPI document is generated from these models.

An option of a list is a field of its request. One that the engine's request has under the same name is handed
over as it is; `parsed` has those that change their name or form.
"""

from dataclasses import fields, replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from lambdas.http.models import Input, QueryString
from lambdas.routes import MERCHANDISER, SERVER
from lambdas.search.fields import (
    MAX_QUERY,
    Basket,
    Correct,
    Facets,
    Filters,
    Highlight,
    ItemId,
    Limit,
    Picture,
    QueryText,
    RuleRecords,
    SessionIds,
    UserId,
)
from object2vec.core.errors import BadRequestError
from object2vec.core.identifiers import MAX_ID
from object2vec.ingest.rules import MAX_FIELDS, MAX_TEXT
from object2vec.search import filters, rules, synonyms
from object2vec.search.answers import Show
from object2vec.search.index import DEFAULT_LIMIT, MAX_LIMIT, Request, Sort
from object2vec.search.languages import code_of
from object2vec.search.synonyms import MAX_SYNONYMS

MAX_RANKED = 200
MAX_CURSOR = 6_000
DEFAULT_CATEGORIES = 5
_OF_THE_ENGINE = frozenset(field.name for field in fields(Request))
COMPARING = (SERVER, MERCHANDISER)
"""Who may ask what the release before would answer."""


class ListRequest(Input):
    """The options of every list."""

    filters: Filters = {}
    facets: Facets = []
    limit: Limit = DEFAULT_LIMIT
    cursor: Annotated[
        str | None, Field(max_length=MAX_CURSOR, description="`next_cursor` of the page before.")
    ] = None
    diversity: Annotated[
        float,
        Field(
            strict=True,
            ge=0,
            le=1,
            description="From 0, by score alone, to 1, as unlike each other as can be (MMR).",
        ),
    ] = 0.0
    rules: RuleRecords = []
    explain: Annotated[bool, Field(strict=True, description="Adds the parts each score is the sum of.")] = (
        False
    )

    min_score: Annotated[
        float, Field(strict=True, ge=0, description="Only items with at least this score.")
    ] = 0.0
    distinct: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=MAX_ID,
            description="Every value of this field once, with its best item and the number of `variants`.",
            examples=["group"],
        ),
    ] = None

    def to_request(self) -> Request:
        """The request to the engine. Raises BadRequestError."""
        same = {name: getattr(self, name) for name in type(self).model_fields if name in _OF_THE_ENGINE}
        return Request(**(same | self.parsed()))

    def parsed(self) -> dict[str, Any]:
        """The options that have another name or form in the engine's request. Raises BadRequestError."""
        return {
            "distinct": self.distinct or "",
            "filters": filters.parse(self.filters),
            "facets": tuple(dict.fromkeys(f if isinstance(f, str) else f.field for f in self.facets)),
            "boundaries": {f.field: tuple(f.boundaries) for f in self.facets if not isinstance(f, str)},
            "rules": rules.parse(self.rules),
        }

    def show(self) -> Show:
        """How much the answer tells beyond the items."""
        return Show(explain=self.explain)


class Personal(Input):
    """A text and a shopper."""

    query: QueryText = ""
    q: Annotated[str | None, Field(max_length=MAX_QUERY, description="Another name of `query`.")] = None
    user_id: UserId | None = None
    history: SessionIds = []
    correct: Correct = True
    language: Annotated[
        str | None,
        Field(
            pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}$",
            description="The language of the query (en, de-AT): synonyms of other languages do not apply.",
            examples=["en"],
        ),
    ] = None

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if self.q is not None:
            if "query" in self.model_fields_set:
                raise ValueError("q is another name of query: give one of them")
            self.query, self.q = self.q, None
        return self

    def language_code(self) -> str:
        """ISO 639-1 of the query's language; empty where nobody said."""
        return code_of(self.language) if self.language else ""

    def users(self) -> list[str]:
        """The one whose history personalises the answer."""
        return [] if self.user_id is None else [self.user_id]


class PersonalRequest(Personal, ListRequest):
    """The options of every list for a text and a shopper."""

    highlight: Highlight = False

    def parsed(self) -> dict[str, Any]:
        """The options that have another name or form in the engine's request. Raises BadRequestError."""
        return {**super().parsed(), "text": self.query, "language": self.language_code()}

    def show(self) -> Show:
        """How much the answer tells beyond the items."""
        return replace(super().show(), highlight=self.highlight)


class SearchRequest(PersonalRequest):
    """A search."""

    mode: Annotated[
        Literal["hybrid", "lexical", "semantic"], Field(description="Words, meaning or both.")
    ] = "hybrid"
    sort: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=MAX_ID + 1,
            description="A field of numbers, dates, texts or booleans, `-` before it for descending; items "
            "without a value come last.",
            examples=["-price"],
        ),
    ] = None
    image_of: Annotated[
        ItemId | None,
        Field(description="An item's id: what looks like it, alone or with words."),
    ] = None
    prefix: Annotated[
        bool,
        Field(
            strict=True,
            description="Whether the last word may be unfinished: search as you type. Nothing is corrected "
            "then.",
        ),
    ] = False

    synonyms: Annotated[
        list[dict[str, Any]],
        Field(
            max_length=MAX_SYNONYMS,
            description="Synonyms for this request, beside the stored ones: to see what they would change.",
            examples=[[{"id": "sofas", "words": ["sofa", "couch"]}]],
        ),
    ] = []
    release: Annotated[
        Literal["live", "previous"],
        Field(
            description="previous: as the release before the live one would answer, with today's items, "
            "rules and synonyms. Not for a shopper's browser. The first such request loads that release."
        ),
    ] = "live"

    def kinds(self) -> tuple[str, ...]:
        """A comparison takes the memory of a second release."""
        return COMPARING if self.release == "previous" else ()

    def parsed(self) -> dict[str, Any]:
        """The options that have another name or form in the engine's request. Raises BadRequestError."""
        if self.sort and self.diversity:
            raise BadRequestError("diversity reorders by score: leave out sort or diversity")
        field = self.sort and Sort(self.sort.removeprefix("-"), descending=self.sort.startswith("-"))
        return {**super().parsed(), "sort": field or None, "synonyms": synonyms.parse(self.synonyms)}


class PictureSearchRequest(SearchRequest):
    """A search with words, a picture, or both."""

    image: Picture | None = None

    @model_validator(mode="after")
    def _one_picture(self) -> Self:
        if self.image is not None and self.image_of is not None:
            raise ValueError("image_of is another picture than image: give one of them")
        return self


class SearchParameters(SearchRequest, QueryString):
    """A search in a query string."""


class SimilarParameters(ListRequest, QueryString):
    """Similar items, in a query string."""

    by: Annotated[
        Literal["all", "text", "look", "behaviour"],
        Field(
            description="What makes an item an alternative. all: the same words, or near by what people "
            "take; text: by words and their meaning; behaviour: by what people take; look: by its picture."
        ),
    ] = "all"


class BoughtTogetherParameters(ListRequest, QueryString):
    """The options of what is bought together with an item, in a query string."""

    min_lift: Annotated[
        float,
        Field(
            strict=True,
            ge=0,
            description="Only items that are bought with it at least so many times as often as by chance.",
            examples=[1],
        ),
    ] = 0.0


class RecommendationRequest(PersonalRequest):
    """Recommendations for a shopper or a session."""

    basket: Basket = []
    seen: Annotated[
        Literal["exclude", "include"] | None,
        Field(
            description="Whether items of the history may be recommended again. Left out, it is `include` "
            "where people come back to what they bought; the answer says which."
        ),
    ] = None
    strategy: Annotated[
        Literal["auto", "popular", "trending"],
        Field(
            description="auto: by history and query, popular items without either; popular: liked "
            "by most people of late; trending: by more than in the long run."
        ),
    ] = "auto"


class RankRequest(Personal):
    """Items of the caller's own to be put in order."""

    items: Annotated[
        list[ItemId],
        Field(
            min_length=1,
            max_length=MAX_RANKED,
            description="All of them that exist come back, each once; unknown ids are named.",
            examples=[["829594", "1082185"]],
        ),
    ]
    explain: Annotated[bool, Field(strict=True, description="Adds the parts each score is the sum of.")] = (
        False
    )

    def to_request(self) -> Request:
        """The request to the engine. Raises BadRequestError."""
        return Request(text=self.query, language=self.language_code())

    def show(self) -> Show:
        """How much the answer tells beyond the items."""
        return Show(explain=self.explain)


class CategorizeRequest(Input):
    """A text or a picture to find the category of."""

    text: Annotated[
        str | None, Field(min_length=1, max_length=MAX_TEXT, examples=["Frozen pizza, four cheese, 12 oz"])
    ] = None
    image: Picture | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Categories to answer with.")] = (
        DEFAULT_CATEGORIES
    )

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.text is None) == (self.image is None):
            raise ValueError("give text or image, one of them")
        return self


class PictureBody(Input):
    """A picture of an item."""

    image: Picture


class RulesBody(Input):
    """The stored rules, whole."""

    rules: RuleRecords
    version: Annotated[
        int | None,
        Field(strict=True, description="The version they replace; 409 if another one is stored by now."),
    ] = None


class SynonymsBody(Input):
    """The stored synonyms, whole."""

    synonyms: Annotated[
        list[dict[str, Any]],
        Field(
            max_length=MAX_SYNONYMS,
            description=(
                "An entry has `words` that all mean the same, or `query` and `finds`: who asks for the one "
                "finds the other too, not the reverse. With a `language` it applies to queries in it alone."
            ),
            examples=[
                [
                    {"id": "sofas", "words": ["sofa", "couch"]},
                    {"id": "diapers", "query": ["nappies"], "finds": ["diapers"], "language": "en"},
                ]
            ],
        ),
    ]
    version: Annotated[
        int | None,
        Field(strict=True, description="The version they replace; 409 if another one is stored by now."),
    ] = None


class ItemBody(Input):
    """The content of an item."""

    text: Annotated[str, Field(max_length=MAX_TEXT, examples=["Frozen pizza, four cheese, 12 oz"])]
    metadata: Annotated[
        dict[str, Any],
        Field(max_length=MAX_FIELDS, examples=[{"category": "Pizza", "price": 4.99, "brand": "Acme"}]),
    ] = {}
