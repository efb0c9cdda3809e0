"""Bodies of the Object2Vec payload: JSON `{"instances": […]}` or JSON Lines, one instance a line.

https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-inference-formats.html, and for the content type's
parameter `infer_max_seqlens=<FWD>,<BCK>` object2vec-encoder-embeddings.html in the same guide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import orjson

JSON, JSON_LINES = "application/json", "application/jsonlines"
MAX_INSTANCES = 10_000
MAX_SEQ_LEN = 5_000


class PayloadError(ValueError):
    """The request cannot be answered; the message says which instance and why."""


class UnsupportedTypeError(PayloadError):
    """The body has a content type that this endpoint does not take."""


@dataclass(frozen=True, slots=True)
class PayloadReply:
    """A response body and its type."""

    body: bytes
    content_type: str


class Answering(Protocol):
    """A model behind the payload."""

    @property
    def version(self) -> str:
        """The model version; callers refuse a reply of another one."""

    def invoke(self, body: bytes, content_type: str = JSON, accept: str = "") -> PayloadReply:
        """Answers a body. Raises PayloadError, whose message is for the caller."""


@dataclass(frozen=True, slots=True)
class PayloadRequest:
    """A request: its instances, and how they are to be answered."""

    instances: list[object]
    max_seq_lens: tuple[int, int] = (MAX_SEQ_LEN, MAX_SEQ_LEN)  # of in0 and in1


def read_request(body: bytes, content_type: str) -> PayloadRequest:
    """The instances of a body, and how each is to be answered. Raises PayloadError."""
    kind, *parameters = (part.strip() for part in content_type.split(";"))
    lines = _is_lines(kind)
    instances = _lines(body) if lines else _instances(body)
    if len(instances) > MAX_INSTANCES:
        raise PayloadError(f"{len(instances)} instances: send at most {MAX_INSTANCES} a request")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "infer_max_seqlens":
            return PayloadRequest(instances, _max_seq_lens(value))
    return PayloadRequest(instances)


def write_reply(rows: Sequence[object], content_type: str, accept: str, model_version: str) -> PayloadReply:
    """One row an instance, in the format `accept` names, else in that of the request."""
    wanted = accept if accept.partition(";")[0].strip() in (JSON, JSON_LINES) else content_type
    if _is_lines(wanted.partition(";")[0].strip()):
        return PayloadReply(b"".join(_dumps(row) + b"\n" for row in rows), JSON_LINES)
    return PayloadReply(_dumps({"predictions": rows, "model_version": model_version}), JSON)


def is_tokens(value: object) -> bool:
    """Whether a value is a list of whole numbers."""
    return isinstance(value, list) and all(type(token) is int for token in value)


def _is_lines(kind: str) -> bool:
    if kind.lower() not in ("", JSON, JSON_LINES):
        raise UnsupportedTypeError(f"content type {kind}: use {JSON} or {JSON_LINES}")
    return kind.lower() == JSON_LINES


def _max_seq_lens(value: str) -> tuple[int, int]:
    numbers = [part.strip() for part in value.split(",")]
    if len(numbers) == 2 and all(number.isdecimal() for number in numbers):
        forward, backward = int(numbers[0]), int(numbers[1])
        if min(forward, backward) >= 1 and max(forward, backward) <= MAX_SEQ_LEN:
            return forward, backward
    raise PayloadError(
        f"infer_max_seqlens={value}: give two whole numbers from 1 to {MAX_SEQ_LEN}, 50,20 say"
    )


def _instances(body: bytes) -> list[object]:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise PayloadError(f"the body is no JSON: {error}") from error
    instances = payload.get("instances") if isinstance(payload, dict) else None
    if not isinstance(instances, list):
        raise PayloadError('the body must be {"instances": [ … ]}')
    return instances


def _lines(body: bytes) -> list[object]:
    instances = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            instances.append(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            raise PayloadError(f"line {number} is no JSON: {error}") from error
    return instances


def _dumps(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
