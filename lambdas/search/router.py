"""What every API function shares: strict JSON in, RFC 9457 problems out, validation by the routes' types."""

from collections.abc import Mapping
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from lambdas.search.events import prepared
from lambdas.search.problems import MethodNotAllowedError, problem


class Router:
    """Takes API Gateway's events to `routes`."""

    def __init__(self) -> None:
        self.routes = APIGatewayRestResolver(
            enable_validation=True,
            json_body_deserializer=orjson.loads,  # strict: no NaN, no lone surrogates, bounded depth
            serializer=lambda body: orjson.dumps(body).decode(),
            response_validation_error_http_code=500,
        )
        self.routes.exception_handler(Exception)(self._problem)

    def answer(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """API Gateway's answer to its event."""
        try:
            return self.routes.resolve(prepared(event), context)
        except Exception as error:  # what the router itself could not handle
            answer = problem(error)
            return {
                "statusCode": answer.status_code,
                "multiValueHeaders": {"Content-Type": [str(answer.content_type)]},
                "body": answer.body,
                "isBase64Encoded": False,
            }

    def _problem(self, error: Exception) -> Response[str]:
        if isinstance(error, NotFoundError) and (allowed := self._methods(self.routes.current_event.path)):
            error = MethodNotAllowedError(", ".join(allowed))
        return problem(error)

    def _methods(self, path: str) -> list[str]:
        methods = ("GET", "POST", "PUT", "DELETE")
        routes = self.routes._static_routes + self.routes._dynamic_routes
        return [m for m in methods if any(m in route.method and route.rule.match(path) for route in routes)]
