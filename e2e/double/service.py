"""SageMaker's API over HTTP: requests and answers are checked against botocore's model of it."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from e2e.double.errors import ServiceError

TARGET = "SageMaker."
JSON = "application/x-amz-json-1.1"


class Service:
    """Offers the operations of its parts: a part's public method is the API operation of that name."""

    def __init__(self, parts: Sequence[object]) -> None:
        self._parts = parts
        self._model = botocore.session.get_session().get_service_model("sagemaker")

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Raises ServiceError, also for a request that the API would not take."""
        model = self._model.operation_model(operation)
        wrong = ParamValidator().validate(request, model.input_shape)
        if wrong.has_errors():
            raise ServiceError("ValidationException", wrong.generate_report())
        answer = self._method(operation)(request) or {}
        if model.output_shape is not None:
            wrong = ParamValidator().validate(answer, model.output_shape)
            assert not wrong.has_errors(), f"{operation} answers wrongly: {wrong.generate_report()}"
        return answer

    def route(self) -> Route:
        """`POST /` with the operation in a header."""
        return Route("/", self._answer, methods=["POST"])

    def _method(self, operation: str) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
        name = xform_name(operation)
        for part in self._parts:
            if hasattr(part, name):
                method: Callable[[dict[str, Any]], dict[str, Any] | None] = getattr(part, name)
                return method
        raise ServiceError("UnknownOperationException", f"the SageMaker double does not know {operation}")

    async def _answer(self, request: Request) -> Response:
        operation = request.headers["x-amz-target"].removeprefix(TARGET)
        try:
            answer = await run_in_threadpool(self.call, operation, json.loads(await request.body() or b"{}"))
        except ServiceError as error:
            return JSONResponse({"__type": error.code, "message": str(error)}, 400, media_type=JSON)
        return JSONResponse(answer, media_type=JSON)
