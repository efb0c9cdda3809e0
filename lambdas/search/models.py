"""What goes in and out over HTTP, typed; the OpenAPI document is generated from these models."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from object2vec.data.problems import MAX_FIELDS, MAX_ID, MAX_TEXT
from object2vec.search.index import DEFAULT_LIMIT, MAX_LIMIT

MAX_QUERY = 10_000
MAX_HISTORY = 1_000
MAX_FACETS = 20
MAX_CURSOR = 1_000

ItemId = Annotated[str, Field(min_length=1, max_length=MAX_ID, examples=["1082185"])]
Query = Annotated[
    str,
    Field(
        max_length=MAX_QUERY, description="Free text; empty lists popular items.", examples=["frozen pizza"]
    ),
]
UserId = Annotated[str, Field(min_length=1, max_length=MAX_ID, description="A shopper.", examples=["2375"])]
History = Annotated[
    list[ItemId],
    Field(
        max_length=MAX_HISTORY, description="What the shopper looked at, oldest first; unknown ids are named."
    ),
]
Filters = Annotated[
    dict[str, Any],
    Field(
        max_length=100,
        description=(
            "All entries must hold: a value, a list of values (any of), a range (gte, gt, lte, lt), "
            "or `not` with any of these; `not` beside the fields negates a whole filter. null: has no value."
        ),
        examples=[{"category": "Pizza", "price": {"gte": 5, "lt": 10}, "brand": {"not": ["A", "B"]}}],
    ),
]
FacetNames = Annotated[
    list[Annotated[str, Field(max_length=MAX_ID)]],
    Field(
        max_length=MAX_FACETS,
        description="Fields to count values of, over the whole result.",
        examples=[["category"]],
    ),
]
Sort = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_ID + 1,
        description="A numeric field, `-` before it for descending; items without a value come last.",
        examples=["-price"],
    ),
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Hits per page.")]
Cursor = Annotated[str, Field(max_length=MAX_CURSOR, description="`next_cursor` of the page before.")]
Explain = Annotated[bool, Field(description="Adds the parts each score is the sum of.")]
Mode = Literal["hybrid", "lexical", "semantic"]


class _Input(BaseModel):
    """A misspelt name is an error, not a silently ignored wish."""

    model_config = ConfigDict(extra="forbid")


class SearchRequest(_Input):
    """A search."""

    query: Query = ""
    user_id: UserId | None = None
    history: History = []
    mode: Annotated[Mode, Field(description="Words, meaning or both.")] = "hybrid"
    filters: Filters = {}
    facets: FacetNames = []
    sort: Sort | None = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None
    explain: Explain = False


class RecommendationRequest(_Input):
    """Recommendations for a shopper or a session."""

    user_id: UserId | None = None
    history: History = []
    query: Query = ""
    seen: Annotated[
        Literal["exclude", "include"],
        Field(description="Whether items of the history may be recommended again."),
    ] = "exclude"
    filters: Filters = {}
    facets: FacetNames = []
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None
    explain: Explain = False


class ItemBody(_Input):
    """The content of an item."""

    text: Annotated[str, Field(max_length=MAX_TEXT, examples=["Frozen pizza, four cheese, 12 oz"])]
    metadata: Annotated[
        dict[str, Any],
        Field(max_length=MAX_FIELDS, examples=[{"category": "Pizza", "price": 4.99, "brand": "Acme"}]),
    ] = {}


class _Output(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Item(_Output):
    """An item of the catalogue."""

    id: ItemId
    text: str
    metadata: dict[str, Any]


class SearchHit(Item):
    """An item in a result."""

    score: float
    explain: Annotated[
        dict[str, float] | None,
        Field(exclude_if=lambda parts: parts is None, description="Parts of the score."),
    ] = None


class FacetCount(_Output):
    """How many items of the whole result have this value."""

    value: str | float | bool
    count: int


class ListAnswer(_Output):
    """The shape of every list."""

    hits: list[SearchHit]
    total: Annotated[int, Field(description="Size of the whole result.")]
    facets: dict[str, list[FacetCount]]
    next_cursor: str | None
    model_version: str
    degraded: Annotated[
        bool, Field(description="Whether the answer is not from the newest state; see /health.")
    ]
    strategy: Annotated[
        str, Field(description="What the ranking is based on.", examples=["hybrid", "popular"])
    ]
    unknown_items: Annotated[
        list[str], Field(description="History ids that nobody knows; they were ignored.")
    ]
    notes: Annotated[list[str], Field(description="What one should know about this answer.")]


class ItemWritten(Item):
    """The item as stored."""

    segment: Annotated[int, Field(description="Its place in the item log.")]


class ItemDeleted(_Output):
    """Confirmation."""

    id: ItemId
    deleted: Literal[True]
    segment: int


class ModelState(_Output):
    """The model that answers."""

    version: str
    kind: Literal["seed", "trained"]
    data_version: str | None
    created_at: str


class IndexState(_Output):
    """The index that answers."""

    version: str
    items: int
    watermark: Annotated[int, Field(description="Last item-log segment it contains.")]


class Health(_Output):
    """State and versions."""

    status: Literal["ok", "degraded", "starting"]
    model: ModelState | None
    index: IndexState | None
    problem: Annotated[str | None, Field(description="Why the status is not ok.")]


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: Annotated[str, Field(examples=["urn:object2vec:problem:unknown-field"])]
    title: str
    status: int
    detail: Annotated[str, Field(description="What is wrong and what to do next.")]
    errors: Annotated[
        list[dict[str, str]] | None, Field(description="Where, if there are several places.")
    ] = None
