"""Answers the Object2Vec payload with the embeddings of a retrieval model.

AWS's form: {"instances": [{"in0": [ints]}]} → {"predictions": [{"embeddings": [floats]}]}
(https://docs.aws.amazon.com/sagemaker/latest/dg/object2vec-encoder-embeddings.html).
Beyond AWS an instance may be {"text": …}, {"item": id} or {"items": [ids]}, a session, oldest first.
"""

from collections.abc import Sequence

import numpy as np

from object2vec.core.arrays import Vectors
from object2vec.core.catalog import CatalogItem
from object2vec.model.retrieval.encoder import PooledEncoder
from object2vec.serving.payload import (
    JSON,
    MAX_SEQ_LEN,
    PayloadError,
    PayloadReply,
    UnsupportedTypeError,
    is_tokens,
    read_request,
    write_reply,
)

__all__ = ["JSON", "PayloadError", "PayloadReply", "Predictor", "UnsupportedTypeError"]

_FORMS = "in0 (or in1), text, item, items"


class Predictor:
    """Answers payloads with the embeddings of one model."""

    def __init__(self, encoder: PooledEncoder) -> None:
        self._encoder = encoder

    @property
    def version(self) -> str:
        return self._encoder.version

    def invoke(self, body: bytes, content_type: str = JSON, accept: str = "") -> PayloadReply:
        asked = read_request(body, content_type)
        vectors = self.embed(asked.instances, asked.max_seq_lens)
        rows = [{"embeddings": vector} for vector in vectors]
        return write_reply(rows, content_type, accept, self.version)

    def embed(
        self, instances: Sequence[object], max_seq_lens: tuple[int, int] = (MAX_SEQ_LEN, MAX_SEQ_LEN)
    ) -> Vectors:
        """(n, dim) embeddings of instances in any of the forms, mixed as you like."""
        vectors = np.zeros((len(instances), self._encoder.dim), np.float32)
        forms: dict[str, list[int]] = {}
        values = [_form(at, instance, max_seq_lens) for at, instance in enumerate(instances)]
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


def _form(at: int, instance: object, max_seq_lens: tuple[int, int]) -> tuple[str, object]:
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
    if name in ("in0", "in1"):
        return "tokens", value[: max_seq_lens[name == "in1"]]
    return name, value


def _tokens(value: object) -> tuple[str, bool]:
    return "a list of integers", is_tokens(value)


def _string(value: object) -> tuple[str, bool]:
    return "a string", isinstance(value, str)


def _strings(value: object) -> tuple[str, bool]:
    return "a list of strings", isinstance(value, list) and all(isinstance(v, str) for v in value)


_CHECKS = {"in0": _tokens, "in1": _tokens, "text": _string, "item": _string, "items": _strings}
