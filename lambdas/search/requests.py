"""From the API's requests to the index's."""

from typing import Any

import orjson

from lambdas.search.models import RecommendationRequest, SearchRequest
from object2vec.search import filters
from object2vec.search.errors import BadRequestError
from object2vec.search.index import Request, Sort


def to_request(body: SearchRequest | RecommendationRequest, sort: str | None = None) -> Request:
    """What the index is asked. Raises BadRequestError."""
    return Request(
        text=body.query,
        filters=filters.parse(body.filters),
        facets=tuple(dict.fromkeys(body.facets)),
        sort=Sort(sort.removeprefix("-"), descending=sort.startswith("-")) if sort else None,
        limit=body.limit,
        cursor=body.cursor,
    )


def json_parameters(**texts: str | None) -> dict[str, Any]:
    """The values of query parameters that are JSON, without the absent ones. Raises BadRequestError."""
    return {name: _parsed(name, text) for name, text in texts.items() if text is not None}


def _parsed(name: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequestError(
            f"query parameter {name!r} must be JSON, as in the POST form: {error}"
        ) from error
