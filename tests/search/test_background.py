"""What is near enough in meaning to be shown."""

import numpy as np
import pytest

from object2vec.core.catalog import CatalogItem
from object2vec.search.content import Content
from object2vec.search.embedded import finder
from object2vec.search.embedded.background import standing_out
from object2vec.search.embedded.base import build_index, load_index
from object2vec.search.embedded.finder import is_known
from object2vec.search.embedded.vectors import VectorTable
from object2vec.search.index import Request
from object2vec.search.item_statistics import Statistics


class Words:
    def knows(self, word):
        return word in {"screw", "driver", "drill", "fl", "ump", "umph"}


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("drill", True),
        ("screwdriver", True),
        ("screwd", False),
        ("flumph", False),
        ("qwxzvk", False),
        ("ab12", False),
    ],
)
def test_a_word_of_two_the_model_knows_is_no_nonsense(word, known):
    assert is_known(word, Words()) == known


def test_what_stands_out_is_far_above_what_is_usual_for_the_query():
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((2_000, 64)).astype(np.float32)
    query = vectors[7] / np.linalg.norm(vectors[7])
    table = VectorTable.build(vectors)
    floor = standing_out(query, table, len(table))
    above = np.flatnonzero(table.products(np.arange(len(table)), query) >= floor)
    assert 7 in above
    assert len(above) <= 5


def test_later_items_do_not_change_what_a_first_page_was_made_with():
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((300, 16)).astype(np.float32)
    before = VectorTable.build(vectors)
    after = before.extended(rng.standard_normal((50, 16)).astype(np.float32))
    assert standing_out(vectors[0], before, 300) == standing_out(vectors[0], after, 300)


LETTERS = "abcdefghijklmnopqrstuvwxyzабвгдежзиклмнопрстуфхцчшя"  # noqa: RUF001


class Letters:
    """`Encoder` that knows a few words and of all others the letters alone, as an untrained one does."""

    version, dim = "letters-1", 64
    known = ("boots", "shoes", "kettle", "teapot")

    class vocabulary:  # noqa: N801
        @staticmethod
        def knows(word):
            return word in Letters.known

    def encode_queries(self, texts):
        return np.array([self._vector(text.lower()) for text in texts], np.float32).reshape(-1, self.dim)

    def encode_items(self, items):
        return self.encode_queries([item.text for item in items])

    def _vector(self, text):
        vector = np.zeros(self.dim)
        for word in text.split():
            if word in self.known:
                vector[len(LETTERS) + self.known.index(word) // 2] += 4
            else:
                for letter in filter(LETTERS.__contains__, word):
                    vector[LETTERS.index(letter)] += 1
        norm = np.linalg.norm(vector)
        return vector / norm if norm else vector


@pytest.fixture
def letters(tmp_path):
    texts = ["кружка", "кофе молотый", "чай зелёный", "чашка большая", "чашка кофейная", "скатерть", "фартук"]
    texts += ["hiking boots", "winter shoes", "iron kettle", "clay teapot", "red ribbon", "lamp AB-1234"]
    texts += [f"{word} {number}" for number in range(3) for word in ("candle", "basket", "mirror", "pillow")]
    encoder = Letters()
    items = [CatalogItem(str(number), text) for number, text in enumerate(texts)]
    build_index(encoder, Content(items, Statistics({}), 0), tmp_path)
    shop = load_index(tmp_path, encoder, "r1").snapshot

    def found(text):
        request = Request(text=text, vector=encoder.encode_queries([text])[0], limit=100)
        return [hit.item.text for hit in shop.search(request).hits]

    return found


def test_of_words_that_the_model_does_not_know_a_neighbour_has_one(letters):
    assert letters("чашка") == ["чашка большая", "чашка кофейная"]
    assert letters("чашка кофейная")[0] == "чашка кофейная"
    assert set(letters("чашка кофейная")) <= {"чашка большая", "чашка кофейная", "кофе молотый"}


def test_a_code_that_an_item_has_brings_no_neighbours(letters):
    assert letters("AB-1234") == ["lamp AB-1234"]


def test_what_means_the_same_still_joins_what_has_the_word(letters):
    assert letters("boots") == ["hiking boots", "winter shoes"]


def test_of_many_items_with_the_word_some_say_how_near_the_nearest_is(letters, monkeypatch):
    monkeypatch.setattr(finder, "LOOKED_AT", 2)
    assert set(letters("candle")) == {"candle 0", "candle 1", "candle 2"}
    assert letters("boots") == ["hiking boots", "winter shoes"]
