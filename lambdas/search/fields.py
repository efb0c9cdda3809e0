"""The types of the fields of requests, each with its limits and its line in the OpenAPI document."""

import re
from base64 import b64decode
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from lambdas.http.models import Input
from object2vec.core.identifiers import MAX_ID
from object2vec.core.pictures import MAX_SENT_BYTES
from object2vec.search.embedded.facets import MAX_BOUNDARIES
from object2vec.search.index import MAX_LIMIT
from object2vec.search.rules import MAX_RULES

MAX_QUERY = 10_000
MAX_HISTORY = 1_000
MAX_BASKET = 100
MAX_FACETS = 20
_URL_LETTERS = str.maketrans("-_", "+/")


def _number(value: object) -> object:
    """JSON has one kind of number, so 10.0 is 10; a text or a boolean is none."""
    if isinstance(value, bool | str):
        raise ValueError("must be a number")
    return value


ItemId = Annotated[str, Field(min_length=1, max_length=MAX_ID, examples=["1082185"])]


def _decoded(value: object) -> object:
    """A text of base64, as a data URL too, in lines (as `base64` writes it), or with the letters for URLs."""
    if not isinstance(value, str):
        raise ValueError("must be a text: the picture in base64")
    try:
        written = "".join(re.sub(r"^data:[^,]{0,100},", "", value).split())
        content = b64decode(written.translate(_URL_LETTERS), validate=True)
    except ValueError:
        raise ValueError("is not base64") from None
    if len(content) > MAX_SENT_BYTES:
        raise ValueError(f"has {len(content):,} bytes; send at most {MAX_SENT_BYTES:,}: make it smaller")
    return content


Picture = Annotated[
    bytes,
    BeforeValidator(_decoded),
    WithJsonSchema(
        {
            "type": "string",
            "contentEncoding": "base64",
            "maxLength": MAX_SENT_BYTES * 4 // 3 + 4,
            "description": f"A JPEG, PNG or WebP of at most {MAX_SENT_BYTES:,} bytes, in base64.",
        }
    ),
]
QueryText = Annotated[
    str,
    Field(
        max_length=MAX_QUERY, description="Free text; empty lists popular items.", examples=["frozen pizza"]
    ),
]
UserId = Annotated[str, Field(min_length=1, max_length=MAX_ID, description="A shopper.", examples=["2375"])]
SessionIds = Annotated[
    list[ItemId],
    Field(
        max_length=MAX_HISTORY, description="What the shopper looked at, oldest first; unknown ids are named."
    ),
]
Basket = Annotated[
    list[ItemId],
    Field(
        max_length=MAX_BASKET,
        description="What is in the basket now: the answer is what goes with it, and nothing in it.",
    ),
]
Filters = Annotated[
    dict[str, Any],
    Field(
        max_length=100,
        description=(
            "All entries must hold: a value, a list of values (any of), a range (gte, gt, lte, lt) of "
            "numbers, texts, dates (ISO 8601) or booleans, "
            "a list of ranges, or `not` with any of these; `not` beside the fields negates a whole filter. "
            "null: has no value."
        ),
        examples=[{"category": "Pizza", "price": {"gte": 5, "lt": 10}, "brand": {"not": ["A", "B"]}}],
    ),
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Hits per page."), BeforeValidator(_number)]
Correct = Annotated[
    bool,
    Field(strict=True, description="Whether a word no item has may be replaced by one spelt almost alike."),
]
Highlight = Annotated[
    bool,
    Field(strict=True, description="Adds `highlights`: the texts as HTML with the query's words in <mark>."),
]
RuleRecords = Annotated[
    list[dict[str, Any]],
    Field(
        max_length=MAX_RULES,
        description=(
            "Merchandising for this request, beside the stored rules: pin, boost, bury or exclude `items` or "
            "what fulfils `filters`; `weight` for boost and bury; `queries` limits a rule to some queries."
        ),
        examples=[[{"action": "boost", "filters": {"brand": "Acme"}, "weight": 0.3}]],
    ),
]


class Facet(Input):
    """A numeric facet with ranges of one's own."""

    field: Annotated[str, Field(max_length=MAX_ID)]
    boundaries: Annotated[
        list[Annotated[float, Field(strict=True)]],
        Field(min_length=1, max_length=MAX_BOUNDARIES, description="Where ranges begin and end, ascending."),
    ]

    @field_validator("boundaries")
    @classmethod
    def _ascending(cls, boundaries: list[float]) -> list[float]:
        if not all(low < high for low, high in pairwise(boundaries)):
            raise ValueError("boundaries must ascend")
        return boundaries


Facets = Annotated[
    list[Annotated[str, Field(max_length=MAX_ID)] | Facet],
    Field(
        max_length=MAX_FACETS,
        description=(
            "Fields to count, over the whole result. A filter on a field does not restrict its own facet: "
            "the counts say what choosing another value would give. Many different numbers are counted in "
            "ranges."
        ),
        examples=[["category", {"field": "price", "boundaries": [5, 10, 20]}]],
    ),
]
