"""The OpenAPI 3.1 document, generated from the routes and their models."""

from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Route
from pydantic import BaseModel

import object2vec
from lambdas.http.models import Problem
from lambdas.http.problems import CONTENT_TYPE

_DESCRIPTION = (
    "Search, similar items and recommendations from one Object2Vec model. "
    "Errors are problem documents (RFC 9457). A request body may have at most 1 MiB,"
    " or 5.6 MB where it may have a picture."
)
_PROBLEM_RESPONSE = {
    "description": "What is wrong and what to do next",
    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_REPLACED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")


def document(*apps: APIGatewayRestResolver) -> str:
    """The document of all routes as JSON; the functions behind them are one API."""
    api, *others = (_document(app) for app in apps)
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


def query_models(route: Route) -> list[type[BaseModel]]:
    """The models that a route reads its query string with."""
    annotations = (parameter.field_info.annotation for parameter in route.dependant.query_params)
    return [model for model in annotations if isinstance(model, type) and issubclass(model, BaseModel)]


def _document(app: APIGatewayRestResolver) -> Any:
    schema = app.get_openapi_json_schema(
        title="object2vec", version=object2vec.__version__, description=_DESCRIPTION
    )
    api = orjson.loads(schema)
    for route in app._static_routes + app._dynamic_routes:
        for model in query_models(route):
            api["components"]["schemas"].pop(model.__name__, None)
            fields = model.model_json_schema()["properties"]
            for parameter in api["paths"][route.openapi_path][route.method.lower()]["parameters"]:
                if parameter["in"] == "query":  # of these the router tells no limits
                    parameter["schema"] = _of_text(fields[parameter["name"]])
    return api


def _of_text(field: dict[str, Any]) -> dict[str, Any]:
    """A field's schema without null, which no query string has."""
    options = [option for option in field.pop("anyOf", ()) if option != {"type": "null"}]
    field.pop("description", None)  # the parameter has it
    if options and field.get("default", 0) is None:
        del field["default"]
    return field | (options[0] if options else {})
