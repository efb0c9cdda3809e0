"""The Object2Vec inference payload, independent of any server.

AWS's form: {"instances": [{"in0": [ints]}]} → {"predictions": [{"embeddings": [floats]}]}; in JSON
Lines one instance a line in, one prediction a line out
(https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-encoder-embeddings.html).
Beyond AWS an instance may be {"text": …}, {"item": id} or {"items": [ids]}, a session, oldest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from object2vec.catalog import CatalogItem
from object2vec.encoder import Vectors
from object2vec.model.encoder import PooledEncoder

JSON, JSON_LINES = "application/json", "application/jsonlines"
MAX_INSTANCES = 10_000
_FORMS = "in0 (or in1), text, item, items"


class PayloadError(ValueError):
    """The request cannot be answered; the message says which instance and why."""


class UnsupportedTypeError(PayloadError):
    """The body is of a content type that is not spoken here."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response body and its type."""

    body: bytes
    content_type: str


class Predictor:
    """Answers payloads with the embeddings of one model."""

    def __init__(self, encoder: PooledEncoder) -> None:
        self._encoder = encoder

    @property
    def version(self) -> str:
        """The model version; callers refuse a reply of another one."""
        return self._encoder.version

    def invoke(self, body: bytes, content_type: str = JSON, accept: str = "") -> Reply:
        """Answers a body. Raises PayloadError, whose message is for the caller."""
        lines = _is_lines(content_type)
        instances = _lines(body) if lines else _instances(body)
        if len(instances) > MAX_INSTANCES:
            raise PayloadError(f"{len(instances)} instances: send at most {MAX_INSTANCES} a request")
        vectors = self.embed(instances)
        wanted = accept if accept.partition(";")[0].strip() in (JSON, JSON_LINES) else content_type
        rows = [{"embeddings": vector} for vector in vectors]
        if _is_lines(wanted):
            return Reply(b"".join(_dumps(row) + b"\n" for row in rows), JSON_LINES)
        return Reply(_dumps({"predictions": rows, "model_version": self.version}), JSON)

    def embed(self, instances: Sequence[object]) -> Vectors:
        """(n, dim) embeddings of instances in any of the forms, mixed as you like."""
        vectors = np.zeros((len(instances), self._encoder.dim), np.float32)
        forms: dict[str, list[int]] = {}
        values = [_form(at, instance) for at, instance in enumerate(instances)]
        for at, (form, _) in enumerate(values):
            forms.setdefault(form, []).append(at)
        for form, places in forms.items():
            vectors[places] = self._encoded(form, [values[at][1] for at in places])
        return vectors

    def _encoded(self, form: str, values: Sequence[object]) -> Vectors:
        if form == "tokens":
            return self._encoder.encode_tokens(values)  # type: ignore[arg-type]  # checked in _form
        if form == "text":
            return self._encoder.encode_queries(values)  # type: ignore[arg-type]
        if form == "item":
            return self._encoder.encode_items([CatalogItem(str(value), "") for value in values])
        sessions = [[CatalogItem(item, "") for item in value] for value in values]  # type: ignore[attr-defined]
        return self._encoder.encode_sessions(sessions)


def _form(at: int, instance: object) -> tuple[str, object]:
    if not isinstance(instance, dict):
        raise PayloadError(f"instance {at} is no object: use one of {_FORMS}")
    given = [name for name in ("in0", "in1", "text", "item", "items") if name in instance]
    if given == ["in0", "in1"]:
        raise PayloadError(f"instance {at} has in0 and in1: this model answers embeddings, send one of them")
    if len(given) != 1:
        raise PayloadError(f"instance {at} has {' and '.join(given) or 'nothing known'}: use one of {_FORMS}")
    name, value = given[0], instance[given[0]]
    wanted, fits = _CHECKS[name](value)
    if not fits:
        raise PayloadError(f"instance {at}: {name} must be {wanted}")
    return ("tokens" if name in ("in0", "in1") else name), value


def _tokens(value: object) -> tuple[str, bool]:
    fits = isinstance(value, list) and all(type(token) is int for token in value)
    return "a list of integers", fits


def _string(value: object) -> tuple[str, bool]:
    return "a string", isinstance(value, str)


def _strings(value: object) -> tuple[str, bool]:
    return "a list of strings", isinstance(value, list) and all(isinstance(v, str) for v in value)


_CHECKS = {"in0": _tokens, "in1": _tokens, "text": _string, "item": _string, "items": _strings}


def _is_lines(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("", JSON, JSON_LINES):
        raise UnsupportedTypeError(f"content type {kind}: use {JSON} or {JSON_LINES}")
    return kind == JSON_LINES


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
