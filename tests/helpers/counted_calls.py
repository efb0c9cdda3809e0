"""Counts calls to AWS, by the kinds that AWS has a price for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3

_S3 = {
    "GetObject": "s3 read", "HeadObject": "s3 read", "PutObject": "s3 write", "CopyObject": "s3 write",
    "CreateMultipartUpload": "s3 write", "UploadPart": "s3 write", "CompleteMultipartUpload": "s3 write",
    "ListObjectsV2": "s3 list", "DeleteObject": "s3 delete",
}  # fmt: skip


def kinds(service: str, operation: str, request: Mapping[str, Any]) -> Iterator[str]:
    """The units of one call. Rows of events are small and in the table's index too: two units of writing."""
    if service == "s3":
        yield _S3[operation]
    elif service == "dynamodb" and operation == "Query":
        yield "dynamodb read"
    elif service == "dynamodb" and operation == "BatchWriteItem":
        for _ in (row for rows in request["RequestItems"].values() for row in rows):
            yield from ("dynamodb write",) * 2
    elif service == "dynamodb" and operation in ("PutItem", "DeleteItem"):
        yield from ("dynamodb write",) * 2
    elif service == "sqs":
        yield "sqs"
    elif service == "lambda":  # search asks the function that reads pictures
        yield "picture"
    else:
        raise KeyError(f"{service} {operation} has no price")


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """The calls of every boto3 client that is made inside, counted from then on."""
    calls: Counter[str] = Counter()
    boto3.setup_default_session()
    session = boto3.DEFAULT_SESSION
    assert session is not None

    def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        calls.update(kinds(model.service_model.service_name, model.name, params))

    session.events.register("provide-client-params", note)
    yield calls
    boto3.setup_default_session()
