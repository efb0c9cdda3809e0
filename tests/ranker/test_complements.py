"""Complements from counts: pasta goes with sauce, everybody buys milk, two rare things met once."""

import numpy as np
import pytest

from object2vec.ranker.complements import Complements, read_complements, write_complements
from object2vec.storage.checked_file import CheckedFileError
from object2vec.training.complements import complements_of
from object2vec.training.dataset import Interactions

IDS = ["milk", "pasta", "sauce", "soap", "rare", "odd"]
MILK, PASTA, SAUCE, SOAP, RARE, ODD = range(6)


@pytest.fixture
def table():
    """A user a basket: half of the pasta comes with sauce, milk comes with everything."""
    baskets = [[PASTA, SAUCE, MILK]] * 60 + [[PASTA, MILK]] * 60 + [[SOAP, MILK]] * 200 + [[RARE, ODD]]
    users = np.concatenate([np.full(len(basket), user) for user, basket in enumerate(baskets)])
    items = np.concatenate([np.sort(basket) for basket in baskets])
    events = Interactions(users, items, np.zeros(len(items), np.int64))
    return complements_of(events, events.popularity(len(IDS)), IDS)


def test_what_goes_with_pasta_is_sauce(table):
    found = table.of(["pasta"], 5)
    assert found[0].item_id in ("sauce", "milk")
    best = max(found, key=lambda one: one.lift)
    assert best.item_id == "sauce"
    assert best.lift > 1
    assert "soap" not in [one.item_id for one in found]


def test_what_met_once_is_no_complement(table):
    assert table.of(["rare"], 5) == []


def test_a_basket_adds_up_and_is_left_out(table):
    found = [one.item_id for one in table.of(["pasta", "milk", "unheard"], 5)]
    assert sorted(found) == ["sauce", "soap"]  # of the pasta and of the milk
    assert table.of([], 5) == []
    assert len(table.of(["milk"], 1)) == 1


def test_the_file_holds_the_same(table, tmp_path):
    write_complements(table, tmp_path / "c")
    assert read_complements(tmp_path / "c").of(["pasta"], 5) == table.of(["pasta"], 5)
    (tmp_path / "c").write_bytes((tmp_path / "c").read_bytes()[:-1])
    with pytest.raises(CheckedFileError):
        read_complements(tmp_path / "c")


def test_nothing_was_bought():
    nothing = np.empty(0, np.int64)
    table = complements_of(Interactions(nothing, nothing, nothing), np.zeros(6, np.int64), IDS)
    assert table.of(["pasta"], 3) == []
    assert Complements.empty().of(["pasta"], 3) == []
