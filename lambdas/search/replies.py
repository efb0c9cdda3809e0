"""The answers over HTTP, typed; the OpenAPI document is generated from these models."""

from typing import Annotated, Any, Literal

from pydantic import Field

from lambdas.http.models import Output
from lambdas.search.fields import ItemId


class Item(Output):
    """An item of the catalogue."""

    id: ItemId
    text: str
    metadata: dict[str, Any]


class WithPicture(Item):
    """An item with where its picture is."""

    image: Annotated[
        str | None,
        Field(
            exclude_if=lambda address: address is None,
            description="Address of the item's first picture, at most 1,200 pixels wide.",
        ),
    ] = None
    thumbnail: Annotated[
        str | None, Field(exclude_if=lambda address: address is None, description="At most 360 pixels wide.")
    ] = None


class PictureAddresses(Output):
    """Where the copies of a picture are."""

    image: Annotated[str, Field(description="At most 1,200 pixels wide.")]
    thumbnail: Annotated[str, Field(description="At most 360 pixels wide.")]


class WithPictures(WithPicture):
    """An item with where all its pictures are."""

    images: Annotated[
        list[PictureAddresses] | None,
        Field(
            exclude_if=lambda addresses: addresses is None,
            description="Addresses of all the item's pictures, the first one first.",
        ),
    ] = None


class SearchHit(WithPicture):
    """An item in a result."""

    score: float
    variants: Annotated[
        int | None,
        Field(
            exclude_if=lambda count: count is None,
            description="With `distinct`: how many items of the result have the same value, it among them.",
        ),
    ] = None
    highlights: Annotated[
        dict[str, str] | None,
        Field(
            exclude_if=lambda marked: marked is None,
            description="By field, HTML with the query's words in <mark>; everything else is escaped.",
            examples=[{"text": "Frozen <mark>pizza</mark>"}],
        ),
    ] = None
    explain: Annotated[
        dict[str, float] | None,
        Field(exclude_if=lambda parts: parts is None, description="Parts of the score."),
    ] = None


class ValueCount(Output):
    """How many items of the whole result have this value."""

    value: str | float | bool
    count: int


class RangeCount(Output):
    """How many items of the whole result have a number in this range; the bounds are a filter as they are."""

    gte: Annotated[float | None, Field(exclude_if=lambda bound: bound is None)] = None
    lt: Annotated[float | None, Field(exclude_if=lambda bound: bound is None)] = None
    count: int


FacetEntry = Annotated[ValueCount | RangeCount, Field(union_mode="left_to_right")]
"""The first that fits: trying both for each of 100 values would take longer than all the rest."""


class ListAnswer(Output):
    """The shape of every list."""

    hits: list[SearchHit]
    total: Annotated[int, Field(description="Size of the whole result.")]
    facets: Annotated[
        dict[str, list[FacetEntry]],
        Field(
            description="By field: values, most frequent first, or ranges of numbers, ascending.",
            examples=[{"brand": [{"value": "Acme", "count": 3}], "price": [{"lt": 5, "count": 3}]}],
        ),
    ]
    next_cursor: str | None
    model_version: str
    degraded: Annotated[
        bool, Field(description="Whether the answer is not from the newest state; see /health.")
    ]
    strategy: Annotated[
        str,
        Field(description="What the ranking is based on.", examples=["hybrid", "popular", "bought-together"]),
    ]
    corrected: Annotated[
        str | None, Field(description="The query as it was searched, where its spelling was corrected.")
    ]
    unknown_items: Annotated[
        list[str], Field(description="Ids of the request that nobody knows; they were ignored.")
    ]
    seen: Annotated[
        Literal["exclude", "include"] | None,
        Field(
            description="Of recommendations: whether what the shopper had may be among the hits. Else null."
        ),
    ]
    notes: Annotated[list[str], Field(description="What one should know about this answer.")]


class ItemWritten(Item):
    """The item as stored."""

    segment: Annotated[int, Field(description="Its place in the item log.")]


class PictureWritten(Output):
    """The item has the picture."""

    id: ItemId
    image: Annotated[str, Field(description="The hash of its content.")]
    segment: int


class ItemDeleted(Output):
    """Confirmation."""

    id: ItemId
    deleted: Literal[True]
    segment: int


class ModelState(Output):
    """The model that answers."""

    version: str
    kind: Literal["seed", "trained", "pairs", "builtin"]
    data_version: str | None
    created_at: str
    ranker: Annotated[bool, Field(description="Whether a learned ranker orders personal answers.")]


class IndexState(Output):
    """The index that answers."""

    version: str
    items: int
    watermark: Annotated[int, Field(description="Last item-log segment it contains.")]


class RulesState(Output):
    """The stored merchandising rules that apply."""

    version: int
    count: int


class Rules(Output):
    """The stored merchandising rules."""

    version: Annotated[int, Field(description="Goes up by one with every PUT; 0 before the first.")]
    rules: list[dict[str, Any]]


class SynonymsState(Output):
    """The stored synonyms that apply."""

    version: int
    count: int


class SynonymList(Output):
    """The stored synonyms."""

    version: Annotated[int, Field(description="Goes up by one with every PUT; 0 before the first.")]
    synonyms: list[dict[str, Any]]


class AskedQuery(Output):
    """A query that at least two people searched for."""

    query: Annotated[str, Field(description="Without capitals.", examples=["oat milk"])]
    people: int
    searches: int
    hits: Annotated[
        int | None, Field(description="Of the latest search without filters; null: there was none.")
    ]
    by_words: Annotated[bool, Field(description="false: the hits were near in meaning and had none of it.")]
    clicks: Annotated[
        int | None,
        Field(description="Searches after which a hit was taken; null where no search had a user_id."),
    ]


class SynonymSuggestion(Output):
    """A synonym that the searches suggest."""

    synonym: Annotated[
        dict[str, Any],
        Field(
            description="An entry for `PUT /synonyms`.",
            examples=[{"id": "suggested-1a2b3c4d", "query": ["oatmilk"], "finds": ["oat milk"]}],
        ),
    ]
    people: Annotated[int, Field(description="Who did what `why` says; 0 where the spelling suggests it.")]
    why: str


class NotShown(Output):
    """Searches that are counted and not shown."""

    asked_by_one: Annotated[int, Field(description="For queries that one person alone asked for.")] = 0
    too_long: Annotated[int, Field(description="For texts of more than 100 characters.")] = 0


class QueryReportAnswer(Output):
    """The searches of the last days. Lists have at most 100 entries, by people and then by searches."""

    since: Annotated[
        str | None, Field(description="Null before the first report.", examples=["2026-11-22T02:00:00Z"])
    ] = None
    until: str | None = None
    searches: int = 0
    queries: Annotated[int, Field(description="Different ones.")] = 0
    followed: Annotated[
        int,
        Field(description="Searches with a user_id, whose events are known: clicks are among these."),
    ] = 0
    clicks: Annotated[int, Field(description="Searches after which a hit was taken.")] = 0
    not_shown: NotShown = NotShown()
    popular: list[AskedQuery] = Field(default_factory=list)
    without_hits: list[AskedQuery] = Field(
        default_factory=list, description="Queries that no item has the words of."
    )
    without_clicks: list[AskedQuery] = Field(
        default_factory=list, description="Queries with hits of which nobody took one."
    )
    suggestions: list[SynonymSuggestion] = Field(default_factory=list)


class Health(Output):
    """State and versions."""

    status: Literal["ok", "degraded", "starting"]
    model: ModelState | None
    index: IndexState | None
    rules: RulesState | None
    synonyms: SynonymsState | None
    problem: Annotated[str | None, Field(description="Why the status is not ok.")]


class Category(Output):
    """A category of the catalogue."""

    category: str
    probability: Annotated[
        float, Field(ge=0, le=1, description="Calibrated; all categories together have 1.", examples=[0.93])
    ]


class CategorizeAnswer(Output):
    """The likeliest categories."""

    categories: Annotated[
        list[Category], Field(description="Likeliest first; none where the model knows no word of the text.")
    ]
    field: Annotated[str, Field(description="The metadata field they are values of.", examples=["category"])]
    model_version: str
