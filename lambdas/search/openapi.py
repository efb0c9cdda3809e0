"""The OpenAPI 3.1 document, generated from the routes and their models."""

import orjson
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from lambdas.search.problems import CONTENT_TYPE
from lambdas.search.replies import Problem

API_VERSION = "1.0.0"
_DESCRIPTION = (
    "Search, similar items and recommendations from one Object2Vec model. "
    "Errors are problem documents (RFC 9457). A request body may have at most 1 MiB."
)
_PROBLEM_RESPONSE = {
    "description": "What is wrong and what to do next",
    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_REPLACED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")


def document(*apps: APIGatewayRestResolver) -> str:
    """The document of all routes as JSON; the functions behind them are one API."""
    api, *others = (
        orjson.loads(
            app.get_openapi_json_schema(title="object2vec", version=API_VERSION, description=_DESCRIPTION)
        )
        for app in apps
    )
    schemas = api["components"]["schemas"]
    for other in others:
        api["paths"] |= other["paths"]
        schemas |= other["components"]["schemas"]
    for name in _REPLACED:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    for path in api["paths"].values():
        for operation in path.values():
            # the router declares its own error bodies, which our exception handler replaces
            operation["responses"].pop("422", None)
            operation["responses"].pop("500", None)
            operation["responses"]["default"] = _PROBLEM_RESPONSE
    return orjson.dumps(api).decode()
