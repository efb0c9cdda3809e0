"""How long the row of an item is to be that comes after the training."""

import numpy as np
import pytest

from object2vec.model.retrieval.forward import Weights, mean_bags
from object2vec.training.cold_start import _where, with_neighbours
from object2vec.training.dataset import Interactions
from object2vec.training.features import ItemFeatures

TEXTS, TWINS, USERS, DIM = 40, 10, 60, 16
ITEMS = TEXTS * TWINS


@pytest.fixture(scope="module")
def shop():
    """Ten items of each text, whose rows all point where those go who take them."""
    rng = np.random.default_rng(0)
    words, taste = rng.normal(size=(2, TEXTS, DIM)).astype(np.float32)
    text_of = np.repeat(np.arange(TEXTS), TWINS)
    rows = 3 * taste[text_of] + rng.normal(0, 0.3, (ITEMS, DIM)).astype(np.float32)
    bags = mean_bags(np.arange(TEXTS, dtype=np.int32), np.ones(TEXTS, np.int64))
    features = ItemFeatures(
        words=bags, text_of=text_of, row_of=TEXTS + np.arange(ITEMS), content=bags, content_of=text_of
    )
    users = np.repeat(np.arange(USERS), 6)
    liked = rng.integers(TEXTS, size=USERS)[users]
    events = Interactions(users, liked * TWINS + rng.integers(TWINS, size=len(users)), np.arange(len(users)))
    return Weights(words=words, items=rows), features, events


def factor(weights, features, events):
    uses = np.full(ITEMS, 5)
    made = with_neighbours(weights, features, events=events, uses=uses, half_lives=(100.0,), seed=0)
    lengths = np.linalg.norm(made.neighbour_rows, axis=1)
    assert lengths == pytest.approx(lengths[0], rel=1e-4)
    return float(lengths[0] / np.linalg.norm(weights.items, axis=1).mean())


@pytest.mark.parametrize("wanted", [0.3, 0.5, 0.9])
def test_the_length_is_the_one_that_gives_the_share(wanted):
    assert _where(lambda factor: factor / 2, wanted) == pytest.approx(2 * wanted, rel=0.01)


def test_a_share_out_of_reach_ends_at_the_bounds():
    assert _where(lambda _: 1.0, 0.1) == pytest.approx(0.25, rel=0.01)
    assert _where(lambda _: 0.0, 0.1) == pytest.approx(2.5, rel=0.01)


def test_a_new_items_row_is_the_longer_the_further_rows_reach(shop):
    """Long words keep new items from the lists, unless their rows are longer too."""
    weights, features, events = shop
    wordy = Weights(words=4 * weights.words, items=weights.items)
    assert factor(wordy, features, events) >= factor(weights, features, events)


def test_where_nothing_can_be_tried_it_is_as_long_as_rows_are(shop):
    weights, features, _ = shop
    none = np.zeros(0, np.int64)
    assert factor(weights, features, Interactions(none, none, none)) == pytest.approx(1, rel=1e-4)
