from itertools import count
from pathlib import Path

import pytest

from object2vec.search.content import Content
from object2vec.search.embedded import base
from object2vec.search.item_statistics import Statistics
from object2vec.search.s3vectors import build as s3vectors
from object2vec.search.s3vectors.engine import CAPABILITIES
from tests.helpers.s3vectors_double import S3VectorsDouble
from tests.helpers.topics import POPULARITY, SHOP, TopicEncoder


@pytest.fixture
def encoder() -> TopicEncoder:
    return TopicEncoder()


ENGINES = ("embedded", "s3vectors")


@pytest.fixture(params=ENGINES)
def make_index(request, tmp_path: Path, encoder):
    """Builds and loads an index of the given items, for every engine there is."""
    number = count()
    remote = {"bucket": "shop-vectors", "client": S3VectorsDouble().client()}

    def make(items=SHOP, popularity=POPULARITY, watermark=0, version="r1"):
        directory = tmp_path / f"index-{next(number)}"
        statistics = Statistics(popularity)
        content = Content(list(items), statistics, watermark)
        if request.param == "embedded":
            base.build_index(encoder, content, directory)
            return base.load_index(directory, encoder, version)
        s3vectors.build_index(encoder, content, directory, **remote)
        return s3vectors.load_index(directory, encoder, version, remote["client"])

    return make


@pytest.fixture(autouse=True)
def _only_what_the_engine_can(request):
    """A test marked `needs("facets")` is about engines with that capability."""
    marker = request.node.get_closest_marker("needs")
    engine = getattr(request.node, "callspec", None) and request.node.callspec.params.get("make_index")
    if marker and engine == "s3vectors":
        lacking = [name for name in marker.args if not CAPABILITIES.can(name)]
        if lacking:
            pytest.skip(f"s3vectors has no {', '.join(lacking)}")


@pytest.fixture
def index(make_index):
    return make_index()


@pytest.fixture
def embedded(tmp_path, encoder):
    """Builds and loads an embedded index of the given items."""
    number = count()

    def make(items=SHOP, popularity=POPULARITY, trending=None):
        directory = tmp_path / f"embedded-{next(number)}"
        statistics = Statistics(popularity, trending or {})
        base.build_index(encoder, Content(list(items), statistics), directory)
        return base.load_index(directory, encoder, "r1")

    return make
