"""What is near enough in meaning to be shown."""

import numpy as np
import pytest

from object2vec.search.embedded.background import standing_out
from object2vec.search.embedded.finder import is_known
from object2vec.search.embedded.vectors import VectorTable


class Words:
    def knows(self, word):
        return word in {"screw", "driver", "drill", "fl", "ump", "umph"}


@pytest.mark.parametrize(
    ("word", "known"),
    [("drill", True), ("screwdriver", True), ("screwd", False), ("flumph", False), ("qwxzvk", False)],
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
