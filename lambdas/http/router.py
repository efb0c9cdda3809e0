"""The router of every API function: strict JSON in, validation by the routes' types, RFC 9457 problems
out."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from lambdas.http.callers import caller_of, cross_origin_headers, entered, require, require_origin
from lambdas.http.logs import HEADER, begin
from lambdas.http.models import Input, no_such
from lambdas.http.openapi import query_models
from lambdas.http.problems import AnswerTooLargeError, MethodNotAllowedError, problem
from lambdas.http.requests import parsed, prepared
from lambdas.routes import ID, Auth, kinds_of

MAX_ANSWER = 6_000_000
"""Bytes of a body as a JSON string: Lambda hands on 6 MB, headers included; API Gateway answers 502 to more.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


PAGE = ("/", "/web/<name>")
"""Paths of the search page and its files, which hold no data: anybody may read them."""

HEADERS = {
    "Cache-Control": ["no-store"],
    "Referrer-Policy": ["no-referrer"],
    "X-Content-Type-Options": ["nosniff"],
}
"""Headers of every answer: nobody may cache it, and its content type is what it says."""


class _OwnEvent(APIGatewayRestResolver):
    """Keeps the event that it answers. Powertools keeps the latest one of all resolvers of the process: where
    threads answer at the same time, as on one machine, one would go on with another's request."""

    def _to_proxy_event(self, event: dict[str, Any]) -> BaseProxyEvent:
        self._event = super()._to_proxy_event(event)
        return self._event

    @property
    def current_event(self) -> BaseProxyEvent:  # type: ignore[override] # there an attribute of the class
        return self._event


class Router:
    """Answers API Gateway's events by `routes`. Pages of these `origins` may use the storefront."""

    def __init__(self, origins: Sequence[str] = (), *, auth: Auth) -> None:
        self._origins, self._auth = origins, auth
        self.routes = _OwnEvent(
            enable_validation=True,
            json_body_deserializer=parsed,
            serializer=lambda body: orjson.dumps(body).decode(),
            response_validation_error_http_code=500,
        )
        self.routes.use(middlewares=[_refuse_unknown_parameters, self._refuse_other_callers])
        self.routes.exception_handler(Exception)(self._problem)

    def answer(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """API Gateway's answer to its event."""
        event, request = entered(event), begin(event)
        try:
            require_origin(event, self._origins)
            answer = _bounded(self.routes.resolve(prepared(event), context))
        except Exception as error:  # the router itself failed
            answer = _written(problem(error))
        more = cross_origin_headers(event, self._origins)
        answer["multiValueHeaders"] = HEADERS | answer["multiValueHeaders"] | more
        if request:
            answer["multiValueHeaders"][HEADER] = [request]
        return answer

    def _problem(self, error: Exception) -> Response[str]:
        if isinstance(error, NotFoundError) and (allowed := self._methods(self.routes.current_event.path)):
            error = MethodNotAllowedError(", ".join(allowed))
        return problem(error)

    def _refuse_other_callers(self, app: APIGatewayRestResolver, go_on: NextMiddleware) -> Response[Any]:
        """Raises ForbiddenError for a caller whom the route is not for, and for a user that is not its
        own."""
        route: Route = app.context["_route"]
        path = re.sub(r"{\w+}", ID, route.openapi_path)
        given = [value for value in app.context["_route_args"].values() if isinstance(value, Input)]
        if route.path not in PAGE:  # the page asks people to sign in
            users = [user for value in given for user in value.users()]
            caller = caller_of(app.current_event.raw_event, self._auth)
            require(caller, kinds_of(route.method, path), users)
            for kinds in filter(None, (value.kinds() for value in given)):
                require(caller, kinds, ())
        return go_on(app)

    def _methods(self, path: str) -> list[str]:
        methods = ("GET", "POST", "PUT", "DELETE")
        routes = self.routes._static_routes + self.routes._dynamic_routes
        return [m for m in methods if any(m in route.method and route.rule.match(path) for route in routes)]


def _refuse_unknown_parameters(app: APIGatewayRestResolver, go_on: NextMiddleware) -> Response[Any]:
    """Raises RequestValidationError for parameters of the query string that the route does not have, or that
    come twice. The search page is left out: after signing in, people return to it with parameters of the
    sign-in."""
    route: Route = app.context["_route"]
    given = app.current_event.multi_value_query_string_parameters
    if given and route.path not in PAGE:
        known = _parameters(route)
        wrong = [(name, no_such(name, known)) for name in given if name not in known]
        wrong += [(name, "give it once") for name in known if len(given.get(name) or ()) > 1]
        if wrong:
            raise RequestValidationError([{"loc": ("query", "", name), "msg": why} for name, why in wrong])
    return go_on(app)


def _parameters(route: Route) -> list[str]:
    """Names in the query string that a route knows: all of them are fields of models."""
    return [name for model in query_models(route) for name in model.model_fields]


def _written(answer: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": answer.status_code,
        "multiValueHeaders": {
            "Content-Type": [str(answer.content_type)],
            **{name: [str(value)] for name, value in answer.headers.items()},
        },
        "body": answer.body,
        "isBase64Encoded": False,
    }


def _bounded(answer: dict[str, Any]) -> dict[str, Any]:
    """Raises AnswerTooLargeError for what Lambda would not hand on."""
    body = answer["body"] or ""
    if len(body) > MAX_ANSWER // 6 and len(json.dumps(body)) > MAX_ANSWER:  # at most \uXXXX for a character
        raise AnswerTooLargeError(
            "the hits found hold more than 6 MB of texts and metadata: ask for a smaller limit"
        )
    return answer
