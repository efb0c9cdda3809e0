from itertools import count
from pathlib import Path

import pytest
from topics import POPULARITY, SHOP, TopicEncoder

from object2vec.search.base import Statistics, build_index, load_index


@pytest.fixture
def encoder() -> TopicEncoder:
    return TopicEncoder()


@pytest.fixture(params=["embedded"])
def make_index(request, tmp_path: Path, encoder):
    """Builds and loads an index of the given items, for every engine there is."""
    number = count()

    def make(items=SHOP, popularity=POPULARITY, watermark=0):
        directory = tmp_path / f"index-{next(number)}"
        build_index(encoder, list(items), Statistics(popularity), directory, watermark)
        return load_index(directory, encoder, "r1")

    return make


@pytest.fixture
def index(make_index):
    return make_index()
