"""A circuit breaker: an endpoint that is down does not cost every search its timeout."""

import time
from collections.abc import Callable
from typing import TypeVar

from object2vec.core.endpoints import EndpointSilentError

FAILURES = 3
OPEN_S = 30.0

Answer = TypeVar("Answer")


class Breaker:
    """After `FAILURES` failures in a row the endpoint is left alone for `OPEN_S` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_at = -float("inf")

    def call(self, ask: Callable[[], Answer]) -> Answer:
        """What `ask` returns. Raises EndpointSilentError for whatever that raises, and while the endpoint is
        left alone."""
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
