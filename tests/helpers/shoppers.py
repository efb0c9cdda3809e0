"""Tiny shops whose shoppers follow one rule, so that there is one right answer."""

import numpy as np

from object2vec.ranker.copurchase import Copurchase
from object2vec.ranker.copurchase_fit import Counts, fit_copurchase
from object2vec.ranker.profiles import Profiles
from object2vec.ranker.successors import Successors
from object2vec.search.item_statistics import Statistics
from object2vec.training.dataset import Catalogue
from object2vec.training.holdouts import Holdout
from object2vec.training.ranker.counts import CountsOfTwo, RankerCounts
from object2vec.training.ranker.examples import Shelf
from tests.helpers.topics import TopicEncoder

TEXTS = ("pizza", "cheese", "cola", "soap", "cat", "dog")
PRICES = (1.0, 2.0, 4.0, 8.0)


def shelf(together=None, profiles=None, successors=None):
    """Six categories with an item at each of four prices, in the order of their ids; all are a bit alike."""
    items = [
        (f"{text}{number}", f"{text} snack", {"category": text.title(), "price": price})
        for text in sorted(TEXTS)
        for number, price in enumerate(PRICES)
    ]
    catalogue = Catalogue(*map(list, zip(*items, strict=True)))
    statistics = Statistics({item_id: 1.0 for item_id, _, _ in items})
    counts = RankerCounts(
        statistics,
        together or Copurchase.empty(),
        profiles or Profiles.empty(),
        successors or Successors.empty(),
    )
    return Shelf.of(catalogue, TopicEncoder(), CountsOfTwo(counts, counts))


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


def partners(rng):
    """(24,) the one item that goes with each; nothing else about the two is alike."""
    order = rng.permutation(24)
    partner = np.empty(24, np.int64)
    partner[order[::2]], partner[order[1::2]] = order[1::2], order[::2]
    return partner


def pairs(rng, users=200):
    """What goes together, counted: each user has three items and their partners, often."""
    partner = partners(rng)
    baskets = []
    for _ in range(users):
        chosen = rng.permutation(24)[:3]
        baskets.append(np.unique([*chosen, *partner[chosen]]))
    sizes = [len(basket) for basket in baskets]
    times = np.full(sum(sizes), 20)
    counts = Counts(np.repeat(np.arange(users), sizes), np.concatenate(baskets), times)
    ids = sorted(f"{text}{number}" for text in TEXTS for number in range(len(PRICES)))
    return fit_copurchase(ids, counts)


def completers(rng, partner, count):
    """Each has three items; what follows are their partners."""
    histories, relevant = [], []
    while len(histories) < count:
        chosen = rng.permutation(24)[:3]
        if not np.isin(partner[chosen], chosen).any():
            histories.append(chosen.tolist())
            relevant.append(partner[chosen].tolist())
    return holdout(histories, relevant)
