"""Where query vectors come from, and what happens when the endpoint fails."""

import numpy as np
import pytest

from object2vec.core.endpoints import Embedding
from object2vec.search.query_vectors import FAILURES, OPEN_S, FromEndpoint, InProcess
from tests.helpers.clock import Clock


class Endpoint:
    """Answers with a fixed vector, or as it is told."""

    def __init__(self):
        self.calls, self.reply = 0, Embedding("topics-1", [0, 2, 0, 0, 0, 0, 0, 0])

    def __call__(self, model_version, text):
        self.calls += 1
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.fixture
def endpoint():
    return Endpoint()


def test_the_endpoint_answers_with_a_unit_vector(endpoint, encoder):
    found = FromEndpoint(endpoint).encode("pizza", encoder)
    assert found.trouble is None
    np.testing.assert_array_equal(found.vector, np.eye(8, dtype=np.float32)[1])


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (TimeoutError("too slow"), "too slow"),
        (Embedding("topics-2", [1.0] * 8), "topics-2"),
        (Embedding("topics-1", [1.0] * 7), "8 numbers"),
        (Embedding("topics-1", [float("nan")] * 8), "8 numbers"),
        (Embedding("topics-1", ["x"] * 8), "ValueError"),
    ],
)
def test_what_the_endpoint_does_wrong_is_made_up_for_and_said(endpoint, encoder, reply, reason):
    endpoint.reply = reply
    found = FromEndpoint(endpoint).encode("pizza", encoder)
    np.testing.assert_array_equal(found.vector, InProcess().encode("pizza", encoder).vector)
    assert reason in found.trouble


def test_a_dead_endpoint_is_left_alone_and_tried_again_later(endpoint, encoder):
    clock = Clock()
    vectors = FromEndpoint(endpoint, clock=clock)
    endpoint.reply = TimeoutError("down")
    for _ in range(FAILURES + 5):
        assert vectors.encode("pizza", encoder).trouble
    assert endpoint.calls == FAILURES
    clock.now += OPEN_S
    endpoint.reply = Embedding("topics-1", [1.0, 0, 0, 0, 0, 0, 0, 0])
    assert vectors.encode("pizza", encoder).trouble is None
    assert endpoint.calls == FAILURES + 1
