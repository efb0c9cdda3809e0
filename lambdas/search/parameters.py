"""Path and query parameters, within the limits of the models that bodies are checked by."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from lambdas.search import models
from object2vec.core.identifiers import MAX_ID
from object2vec.search.index import MAX_LIMIT

MAX_JSON = 50_000

ItemId = Annotated[
    str, Path(min_length=1, max_length=MAX_ID * 12, description="The item's id, percent-encoded.")
]
Text = Annotated[str, Query(max_length=models.MAX_QUERY, description="Free text; empty lists popular items.")]
UserId = Annotated[str | None, Query(min_length=1, max_length=MAX_ID, description="A shopper.")]
Mode = Annotated[models.Mode, Query(description="Which signals find and rank.")]
Sort = Annotated[
    str | None,
    Query(min_length=1, max_length=MAX_ID + 1, description="A numeric field, `-` before it for descending."),
]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Hits per page.")]
Cursor = Annotated[
    str | None, Query(max_length=models.MAX_CURSOR, description="`next_cursor` of the page before.")
]
Diversity = Annotated[float, Query(ge=0, le=1, description="0: by score alone; 1: as unlike as can be.")]
Correct = Annotated[bool, Query(description="Whether misspelt words may be replaced.")]
Prefix = Annotated[
    bool,
    Query(description="Whether the last word may be unfinished: search as you type, uncorrected."),
]
Highlight = Annotated[bool, Query(description="Adds the texts as HTML with the query's words in <mark>.")]
JsonRules = Annotated[
    str | None,
    Query(max_length=MAX_JSON, description="JSON list of merchandising rules, as in POST."),
]
Explain = Annotated[bool, Query(description="Adds the parts each score is the sum of.")]
JsonHistory = Annotated[
    str | None, Query(max_length=MAX_JSON, description='JSON list of item ids, oldest first: `["1", "2"]`.')
]
JsonFilters = Annotated[
    str | None, Query(max_length=MAX_JSON, description='JSON object: `{"price": {"lt": 5}}`.')
]
JsonFacets = Annotated[str | None, Query(max_length=MAX_JSON, description='JSON list: `["category"]`.')]
