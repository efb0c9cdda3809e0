"""Where a query's vector comes from, and what happens when that place fails."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from object2vec.encoder import Encoder
from object2vec.release.endpoints import Embedding
from object2vec.search.index import Vector

FAILURES = 3
OPEN_S = 30.0


@dataclass(frozen=True, slots=True)
class QueryVector:
    """A vector of shape (dim,), and why it does not come from where it should; None if it does."""

    vector: Vector
    trouble: str | None = None


class QueryVectors(Protocol):
    """Encodes queries for the release that answers."""

    def encode(self, text: str, encoder: Encoder) -> QueryVector:
        """The query's vector in the space of `encoder`, the release's own. Never raises."""


class InProcess:
    """With the release's exported encoder, in microseconds."""

    def encode(self, text: str, encoder: Encoder) -> QueryVector:
        return QueryVector(encoder.encode_queries([text])[0])


class FromEndpoint:
    """With the model's endpoint; where it fails, answers for another model or is known to be down, with the
    exported encoder.

    After `FAILURES` failures in a row the endpoint is left alone for `OPEN_S` seconds (a circuit breaker), so
    that an endpoint that is down does not cost every search its timeout.
    """

    def __init__(
        self, embed: Callable[[str, str], Embedding], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`embed(model_version, text)` asks the endpoint of that model, and may raise anything."""
        self._embed, self._clock = embed, clock
        self._failures = 0
        self._closed_at = -float("inf")

    def encode(self, text: str, encoder: Encoder) -> QueryVector:
        if self._clock() < self._closed_at:
            return self._fallback(
                text, encoder, "the endpoint failed repeatedly and is left alone for a while"
            )
        try:
            vector = _checked(self._embed(encoder.version, text), encoder)
        except Exception as error:  # whatever the endpoint does, a search is answered
            self._failures += 1
            if self._failures >= FAILURES:
                self._failures, self._closed_at = 0, self._clock() + OPEN_S
            return self._fallback(text, encoder, f"{type(error).__name__}: {error}")
        self._failures = 0
        return QueryVector(vector)

    def _fallback(self, text: str, encoder: Encoder, reason: str) -> QueryVector:
        trouble = f"the query was encoded without the endpoint ({reason[:300]})"
        return QueryVector(encoder.encode_queries([text])[0], trouble)


def _checked(reply: Embedding, encoder: Encoder) -> Vector:
    """Raises ValueError for a vector of another model, or that is none."""
    if reply.model_version != encoder.version:
        raise ValueError(f"it answered for model {reply.model_version}, not {encoder.version}")
    vector = np.asarray(reply.vector, np.float32)
    if vector.shape != (encoder.dim,) or not np.isfinite(vector).all():
        raise ValueError(f"it answered with no vector of {encoder.dim} numbers")
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm > 0 else vector
