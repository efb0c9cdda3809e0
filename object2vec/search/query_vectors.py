"""Where a query's vector comes from, and what happens when that place fails.

A circuit breaker sees to it that an endpoint that is down does not cost every search its timeout.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from object2vec.core.arrays import Vector
from object2vec.core.encoder import Encoder
from object2vec.core.endpoints import Embedding, EndpointSilentError
from object2vec.search.session import Session

FAILURES = 3
OPEN_S = 30.0

Encoded = TypeVar("Encoded")


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
    """With the release's own encoder, in microseconds. If that encoder needs an endpoint, and the endpoint
    does not answer, there is no query vector."""

    def encode(self, text: str, encoder: Encoder) -> QueryVector:
        return _or_nothing(lambda: encoder.encode_queries([text])[0], encoder)


class Breaker:
    """After `FAILURES` failures in a row the endpoint is left alone for `OPEN_S` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_at = -float("inf")

    def call(self, ask: Callable[[], Encoded]) -> Encoded:
        """Returns what `ask` returns. Raises EndpointSilentError for whatever that raises, and while the
        endpoint is left alone."""
        if self._clock() < self._closed_at:
            raise EndpointSilentError("the endpoint failed repeatedly and is left alone for a while")
        try:
            answer = ask()
        except Exception as error:  # whatever the endpoint does, a search is answered
            self._failures += 1
            if self._failures >= FAILURES:
                self._failures, self._closed_at = 0, self._clock() + OPEN_S
            raise EndpointSilentError(f"{type(error).__name__}: {error}") from error
        self._failures = 0
        return answer


class FromEndpoint:
    """With the model's endpoint; where it fails, answers for another model or is known to be down, with the
    exported encoder."""

    def __init__(
        self, embed: Callable[[str, str], Embedding], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`embed(model_version, text)` asks the endpoint of that model, and may raise anything."""
        self._embed, self._breaker = embed, Breaker(clock)

    def encode(self, text: str, encoder: Encoder) -> QueryVector:
        try:
            vector = self._breaker.call(lambda: _checked(self._embed(encoder.version, text), encoder))
        except EndpointSilentError as error:
            return self._fallback(text, encoder, str(error))
        return QueryVector(vector)

    def _fallback(self, text: str, encoder: Encoder, reason: str) -> QueryVector:
        trouble = f"the query was encoded without the endpoint ({reason[:300]})"
        return QueryVector(encoder.encode_queries([text])[0], trouble)


def session_vector(session: Session, encoder: Encoder) -> QueryVector:
    """A history's vector. Never raises."""
    return _or_nothing(lambda: session.vector(encoder), encoder)


def _or_nothing(encode: Callable[[], Vector], encoder: Encoder) -> QueryVector:
    try:
        return QueryVector(encode())
    except EndpointSilentError as error:
        return QueryVector(
            np.zeros(encoder.dim, np.float32), f"the model does not answer ({str(error)[:300]})"
        )


def _checked(reply: Embedding, encoder: Encoder) -> Vector:
    """Raises ValueError for a vector of another model, or that is none."""
    if reply.model_version != encoder.version:
        raise ValueError(f"it answered for model {reply.model_version}, not {encoder.version}")
    vector = np.asarray(reply.vector, np.float32)
    if vector.shape != (encoder.dim,) or not np.isfinite(vector).all():
        raise ValueError(f"it answered with no vector of {encoder.dim} numbers")
    norm = float(np.linalg.norm(vector))
    return vector / norm if norm > 0 else vector
