"""Errors with SageMaker's codes and messages: callers tell them apart by these."""

from typing import Any

Record = dict[str, Any]
"""A request or an answer of the API."""


class ServiceError(Exception):
    """An error answer of the API."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def missing(arn: str) -> ServiceError:
    """Error for an ARN that does not exist."""
    return ServiceError("ValidationException", f'Could not find "{arn}".')


def exists(arn: str) -> ServiceError:
    """Error for an ARN that is taken."""
    return ServiceError("ValidationException", f'Cannot create already existing "{arn}".')


def no_such(what: str) -> ServiceError:
    """Error for what does not exist among pipelines, their executions and the registry."""
    return ServiceError("ResourceNotFound", f"{what} does not exist.")
