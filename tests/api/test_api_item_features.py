"""Items with reviews and a dense vector, put over HTTP while the model is live."""

import numpy as np
import pytest

from lambdas.search.app import SearchRoutes
from object2vec.core.catalog import vector_in
from object2vec.search.live import LiveIndex
from object2vec.search.service import SearchService
from tests.helpers.topics import TOPICS, TopicEncoder


class PictureEncoder(TopicEncoder):
    """An item's vector is one of the topics."""

    vector_length = TopicEncoder.dim

    def encode_items(self, items):
        vectors = super().encode_items(items)
        for row, item in enumerate(items):
            if (seen := vector_in(item.metadata)) is not None:
                vectors[row] += np.array(seen, np.float32)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def pictures(client, store, clock):
    live = LiveIndex(store, load_encoder=lambda _: PictureEncoder(), clock=clock)
    return type(client)(SearchRoutes(SearchService(store, live), auth="none"))


def topic(name):
    return [float(name == other) for other in TOPICS]


def test_an_item_of_a_vector_alone_is_found_at_once_and_its_hit_shows_none(pictures):
    body = {"text": "IMG 2231", "metadata": {"brand": "P", "vector": topic("cat"), "reviews": ["so fluffy"]}}
    assert pictures("PUT", "/items/picture", body)[0] == 200
    hits = pictures("POST", "/search", {"query": "kitten", "mode": "semantic"})[1]["hits"]
    assert "picture" in {hit["id"] for hit in hits}
    hits = pictures("POST", "/search", {"query": "fluffy", "facets": ["brand"]})[1]["hits"]
    assert [(hit["id"], hit["metadata"]) for hit in hits] == [("picture", {"brand": "P"})]


def test_the_record_itself_comes_back_whole(pictures):
    body = {"text": "IMG 2231", "metadata": {"vector": topic("cat"), "reviews": ["so fluffy"]}}
    pictures("PUT", "/items/picture", body)
    assert pictures("GET", "/items/picture")[1] == {"id": "picture", **body}


@pytest.mark.parametrize(
    ("vector", "said"),
    [
        ([1.0, 2.0], "has 2 numbers, the live model reads 8"),
        ("cat", "list of 1 to"),
        ([1, "x"], "list of 1 to"),
    ],
)
def test_a_vector_that_cannot_be_read_is_refused(pictures, vector, said):
    status, problem, _ = pictures("PUT", "/items/x", {"text": "t", "metadata": {"vector": vector}})
    assert status == 400
    assert said in problem["detail"]
    assert pictures("GET", "/items/x")[0] == 404


def test_a_model_without_vectors_takes_any(client):
    assert client("PUT", "/items/x", {"text": "t", "metadata": {"vector": [1.0, 2.0]}})[0] == 200


def test_reviews_and_vectors_are_no_fields_to_filter(pictures):
    pictures("PUT", "/items/x", {"text": "t", "metadata": {"vector": topic("cat"), "reviews": ["fluffy"]}})
    for field in ("vector", "reviews"):
        status, problem, _ = pictures("POST", "/search", {"query": "t", "facets": [field]})
        assert status == 400
        there_are = problem["detail"].partition("fields: ")[2]
        assert "brand" in there_are
        assert field not in there_are
