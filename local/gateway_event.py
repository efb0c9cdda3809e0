"""The event that API Gateway makes from a request to a REST API with a proxy resource.

https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
"""

import base64
import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

NamedValues = Iterable[tuple[str, str]]


def gateway_event(
    method: str,
    path: str,
    *,
    query: NamedValues = (),
    headers: NamedValues = (("content-type", "application/json"),),
    body: bytes = b"",
    source_ip: str | None = None,
) -> dict[str, Any]:
    """`path` is percent-encoded, as API Gateway leaves it. Names of headers and parameters may repeat."""
    all_headers, all_values = _gathered(headers), _gathered(query)
    text, encoded = _text(body)
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in all_headers.items()},
        "multiValueHeaders": all_headers,
        "queryStringParameters": {name: values[-1] for name, values in all_values.items()} or None,
        "multiValueQueryStringParameters": all_values or None,
        "pathParameters": {"proxy": unquote(path).lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/{proxy+}",
            "httpMethod": method,
            "path": path,
            "stage": "local",
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": source_ip},
        },
        "body": text,
        "isBase64Encoded": encoded,
    }


def _gathered(pairs: NamedValues) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _text(body: bytes) -> tuple[str | None, bool]:
    """The body as events carry it (text, or base64 if it is not UTF-8), and whether it is base64."""
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
