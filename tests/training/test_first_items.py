"""After one click: which first items are asked about, and what in a list is a stranger to them."""

import numpy as np

from object2vec.ranker.complements_fit import PurchaseLog
from object2vec.training.dataset import Catalogue
from object2vec.training.evaluation.first_items import first_items, shown
from object2vec.training.report.sections import first_items_section

NAMES = ("bread", "rolls", "diapers", "wipes", "beer", "never")
BREAD, ROLLS, DIAPERS, WIPES, BEER, NEVER = range(6)
CATALOGUE = Catalogue(
    [f"i{n}" for n in range(6)],
    list(NAMES),
    [{"category": name} for name in ("bakery", "bakery", "baby", "baby", "drinks", "none")],
)


def log():
    """Bread with rolls, diapers with wipes or beer: bread is in no basket with diapers."""
    baskets = [[BREAD, ROLLS]] * 60 + [[DIAPERS, WIPES]] * 30 + [[DIAPERS, BEER]] * 15
    users = np.repeat(np.arange(len(baskets)), 2)
    return PurchaseLog(users, np.concatenate(baskets), np.zeros(len(users), np.int64))


def test_the_most_bought_of_each_category_come_first_then_the_most_bought():
    assert first_items(CATALOGUE, log(), count=3).items.tolist() == [BREAD, DIAPERS, BEER]
    assert first_items(CATALOGUE, log(), count=9).items.tolist() == [BREAD, ROLLS, DIAPERS, WIPES, BEER]


def test_a_stranger_is_of_another_category_and_bought_less_often_than_by_chance():
    found = first_items(CATALOGUE, log(), count=2)
    assert found.items.tolist() == [BREAD, DIAPERS]
    lists = np.array([[ROLLS, DIAPERS, NEVER], [WIPES, BREAD, BEER]])
    assert found.strangers(lists).tolist() == [[False, True, False], [False, True, False]]


def test_they_are_asked_as_shoppers_of_one_event_and_shown_with_their_lists():
    found = first_items(CATALOGUE, log(), count=2)
    asked = found.asked()
    assert [history.tolist() for history in asked.histories] == [[BREAD], [DIAPERS]]
    assert not asked.timed
    popularity = np.bincount(log().items, minlength=6).astype(np.float32)
    lists = found.lists(lambda at: np.tile(popularity, (len(at), 1)), np.ones(6, np.bool_))
    assert lists[0].tolist()[:4] == [ROLLS, DIAPERS, WIPES, BEER]
    record = shown(found, {"model": lists}, CATALOGUE)
    assert 0 < record["strangers@10"]["model"] < 1
    page = first_items_section(record)
    assert "<h3>bread</h3>" in page
    assert "<li>diapers <b>(stranger)</b></li>" in page
    assert first_items_section({}) == ""


def test_a_shop_without_purchases_has_no_first_items():
    nothing = np.zeros(0, np.int64)
    assert not len(first_items(CATALOGUE, PurchaseLog(nothing, nothing, nothing)).items)
