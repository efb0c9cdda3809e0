"""The vector of a history: the encoder's own, made of what the index holds."""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import CorruptIndexError
from object2vec.model.retrieval.encoder import load_encoder
from object2vec.search.content import Content
from object2vec.search.embedded.base import build_index, load_index
from object2vec.storage.item_log import Removed
from tests.helpers.topics import SHOP, TopicEncoder

LATER = [CatalogItem("new", "Rye bread with seeds"), CatalogItem("p1", "Frozen spinach")]
HISTORY = ["c1", "nobody", "new", "p1", "c1", "gone", "k1"]


class OneReading:
    """The seed's encoder, which reads no item after the index was made."""

    def __init__(self):
        self._encoder = load_encoder(Path(str(resources.files("object2vec.seed"))))
        self.reading = True

    def __getattr__(self, name):
        if name in ("item_sums", "encode_items", "encode_sessions") and not self.reading:
            raise AssertionError(f"{name} reads the items again")
        return getattr(self._encoder, name)

    def item_sums(self, items):
        assert self.reading
        return self._encoder.item_sums(items)

    def sessions_of(self, sums, sessions):
        return self._encoder.sessions_of(sums, sessions)


@pytest.fixture(params=[OneReading, TopicEncoder])
def changed(request, tmp_path):
    """An index with a tail, and its encoder."""
    encoder = request.param()
    build_index(encoder, Content([*SHOP, CatalogItem("gone", "Cat food")]), tmp_path)
    index = load_index(tmp_path, encoder, "v1")
    index.apply([*LATER, Removed("gone")], 1)
    return index.snapshot, encoder


def test_it_is_what_the_encoder_makes_of_the_items(changed):
    snapshot, encoder = changed
    session = snapshot.session(HISTORY)
    assert session.ids == ["c1", "new", "p1", "c1", "k1"]
    items = [snapshot.get(item_id) for item_id in session.ids]
    expected = encoder.encode_sessions([items])[0]
    encoder.reading = False
    assert np.linalg.norm(expected) == pytest.approx(1.0, abs=1e-5)
    assert session.vector(encoder) == pytest.approx(expected, abs=1e-3)  # an index keeps half precision


def test_a_session_of_nothing_says_nothing(changed):
    snapshot, encoder = changed
    session = snapshot.session(["nobody"])
    assert not session.ids
    assert not session.vector(encoder).any()


def test_lengths_of_another_index_are_refused(tmp_path):
    encoder = OneReading()
    build_index(encoder, Content(SHOP), tmp_path)
    np.save(tmp_path / "lengths.npy", np.ones(len(SHOP) - 1, np.float32))
    with pytest.raises(CorruptIndexError, match=r"lengths\.npy"):
        load_index(tmp_path, encoder, "v1")
