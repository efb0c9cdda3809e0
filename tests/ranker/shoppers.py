"""Tiny shops whose shoppers follow one rule, so that there is one right answer."""

import numpy as np
from topics import TopicEncoder

from object2vec.search.popularity import Statistics
from object2vec.training.dataset import Catalogue
from object2vec.training.evaluation.ranking import Holdout
from object2vec.training.ranker.examples import Shelf

TEXTS = ("pizza", "cheese", "cola", "soap", "cat", "dog")
PRICES = (1.0, 2.0, 4.0, 8.0)


def shelf():
    """Six categories with an item at each of four prices, in the order of their ids; all are a bit alike."""
    items = [
        (f"{text}{number}", f"{text} snack", {"category": text.title(), "price": price})
        for text in sorted(TEXTS)
        for number, price in enumerate(PRICES)
    ]
    catalogue = Catalogue(*map(list, zip(*items, strict=True)))
    return Shelf.of(catalogue, TopicEncoder(), Statistics({item_id: 1.0 for item_id, _, _ in items}))


def item(category, price):
    """Position of the item of a category at a price (both by number)."""
    return category * len(PRICES) + price


def holdout(histories, relevant, *, days_apart=3.0):
    """Shoppers whose events are some days apart, the last one yesterday."""
    ages = [1.0 + days_apart * np.arange(len(history))[::-1] for history in histories]
    return Holdout(
        [np.array(history) for history in histories], ages, [np.array(wanted) for wanted in relevant]
    )


def rebuyers(rng, count):
    """Each buys many things once and one thing over and over; the latter is what follows."""
    histories, relevant = [], []
    for _ in range(count):
        habit, *others = rng.permutation(24)
        history = [int(other) for other in others[:6]]
        for place in (1, 3, 5):
            history.insert(place, int(habit))
        histories.append(history)
        relevant.append([int(habit)])
    return holdout(histories, relevant)


def thrifty(rng, count):
    """Each always picks the same of the four prices; what follows is a new item at that price."""
    histories, relevant = [], []
    for _ in range(count):
        price = int(rng.integers(4))
        categories = [int(c) for c in rng.permutation(6)]
        histories.append([item(category, price) for category in categories[:3]])
        relevant.append([item(category, price) for category in categories[3:]])
    return holdout(histories, relevant)
