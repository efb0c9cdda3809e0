"""Items with behaviour: a query is compared with their texts, a session with the items themselves."""

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.core.errors import CorruptIndexError
from object2vec.search.content import Content
from object2vec.search.embedded.base import build_index, load_index
from object2vec.search.embedded.vectors import TEXTS, VectorTable
from object2vec.search.index import Request
from tests.helpers.old_base import as_before
from tests.helpers.topics import TopicEncoder

SHOP = [CatalogItem("pizza", "pizza"), CatalogItem("cola", "cola"), CatalogItem("soap", "soap")]
LATER = CatalogItem("margherita", "margherita")


class TaughtEncoder(TopicEncoder):
    """Who takes pizza takes cola: as items both are one, as texts they are what they say."""

    has_behaviour = True

    def encode_items(self, items):
        return super().encode_items([CatalogItem(i.id, i.text.replace("pizza", "cola")) for i in items])

    def encode_texts(self, items):
        return TopicEncoder().encode_items(items)


@pytest.fixture
def index(tmp_path):
    build_index(TaughtEncoder(), Content(SHOP), tmp_path)
    return load_index(tmp_path, TaughtEncoder(), "v1")


def found(index, **request):
    return [hit.item.id for hit in index.snapshot.search(Request(**request)).hits]


def query(text):
    return TopicEncoder().encode_queries([text])[0]


def test_a_query_finds_by_texts(index):
    assert found(index, vector=query("pizza")) == ["pizza"]
    assert found(index, text="margherita", vector=query("margherita")) == ["pizza"]


def test_an_item_and_a_session_find_by_items(index):
    cola = index.snapshot.vector("cola")
    assert set(found(index, vector=cola, near_item=True)) == {"pizza", "cola"}
    assert set(found(index, session_vector=cola)) == {"pizza", "cola"}


def test_both_count_in_a_personal_search(index):
    [hit] = index.snapshot.search(Request(vector=query("pizza"), session_vector=query("cola"))).hits
    assert hit.item.id == "pizza"
    assert hit.parts["semantic"] > 0
    assert hit.parts["profile"] > 0


def test_what_comes_later_is_found_by_its_text(index):
    index.apply([LATER], 1)
    assert set(found(index, vector=query("pizza"))) == {"pizza", "margherita"}


def test_texts_have_files_of_their_own_only_where_they_differ(tmp_path):
    build_index(TopicEncoder(), Content(SHOP), tmp_path / "plain")
    build_index(TaughtEncoder(), Content(SHOP), tmp_path / "taught")
    plain = load_index(tmp_path / "plain", TopicEncoder(), "v1").snapshot
    assert plain.texts is plain.vectors
    assert [path.name for path in (tmp_path / "taught").glob("text_*")] != []
    assert list((tmp_path / "plain").glob("text_*")) == []


def test_texts_of_other_rows_are_refused(tmp_path):
    build_index(TaughtEncoder(), Content(SHOP), tmp_path)
    VectorTable.build(np.ones((2, TopicEncoder.dim), np.float32)).save(tmp_path, TEXTS)
    with pytest.raises(CorruptIndexError, match=r"text_\w+\.npy of the base index is damaged"):
        load_index(tmp_path, TaughtEncoder(), "v1")
    as_before(tmp_path)
    with pytest.raises(CorruptIndexError, match="differ in rows"):
        load_index(tmp_path, TaughtEncoder(), "v1")
