"""From the API's requests to the index's."""

from collections.abc import Mapping
from typing import Any

import orjson
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import ValidationError

from lambdas.search.models import RecommendationRequest, SearchRequest
from object2vec.core.errors import BadRequestError
from object2vec.search import filters, rules
from object2vec.search.answers import Show
from object2vec.search.index import Request, Sort


def to_request(
    body: SearchRequest | RecommendationRequest, *, sort: str | None = None, prefix: bool = False
) -> Request:
    """What the index is asked. Raises BadRequestError."""
    if sort and body.diversity:
        raise BadRequestError("diversity reorders by score: leave out sort or diversity")
    return Request(
        text=body.query,
        prefix=prefix,
        filters=filters.parse(body.filters),
        facets=tuple(dict.fromkeys(f if isinstance(f, str) else f.field for f in body.facets)),
        boundaries={f.field: tuple(f.boundaries) for f in body.facets if not isinstance(f, str)},
        rules=rules.parse(body.rules),
        diversity=body.diversity,
        sort=Sort(sort.removeprefix("-"), descending=sort.startswith("-")) if sort else None,
        limit=body.limit,
        cursor=body.cursor,
    )


def to_show(body: SearchRequest | RecommendationRequest) -> Show:
    """What the answer tells beyond the items."""
    return Show(explain=body.explain, highlight=body.highlight)


def search_request(parameters: Mapping[str, Any]) -> SearchRequest:
    """The request that query parameters stand for. Raises RequestValidationError."""
    try:
        return SearchRequest.model_validate(parameters)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


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
