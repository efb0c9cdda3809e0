"""The lists that a shopper gets after a first click, for twenty first items, and how strange they look.

With one click known, a model lists what sells most, which may look wrong (bread after diapers). An item of a
list is a stranger to the first item if it has another category and was bought near it less often than by
chance, counted on the purchases before the test period.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from object2vec.core.arrays import Mask, Rows
from object2vec.ranker.complements_fit import PurchaseLog, near_counts
from object2vec.training.dataset import Catalogue
from object2vec.training.holdouts import Holdout
from object2vec.training.ranking_metrics import Scorer, View, best_in_views

_LETTERS = 60  # of an item's text, in the report
FIRST_ITEMS = 20
_LISTED = 10
_ENOUGH = 5.0
"""Times that an item would be bought near another by chance, to tell that it is not."""


@dataclass(frozen=True, slots=True)
class FirstItems:
    """n first items, and the items that are strangers to each."""

    items: Rows  # (n,)
    strange: Sequence[Mask]  # (items,) of each

    def asked(self) -> Holdout:
        """A hold-out of n shoppers, each with one of the first items as history; no item is relevant."""
        nothing = np.zeros(0, np.int64)
        histories = [np.array([item]) for item in self.items.tolist()]
        return Holdout(histories, [np.zeros(1)] * len(histories), [nothing] * len(histories), timed=False)

    def lists(self, scorer: Scorer, allowed: Mask) -> Rows:
        """(n, 10) the best other items after each."""
        users = self.asked()
        (top,) = best_in_views(len(users), scorer, [View("", allowed, unseen=True)], users.histories)
        return top[:, :_LISTED]

    def strangers(self, lists: Rows) -> Mask:
        """(n, k) which items of lists (n, k) are strangers."""
        pairs = zip(lists, self.strange, strict=True)
        return np.stack([strange[listed] for listed, strange in pairs])


def first_items(catalogue: Catalogue, log: PurchaseLog, count: int = FIRST_ITEMS) -> FirstItems:
    """The most bought item of each best-selling category; if these are fewer than `count`, the most bought
    other items as well."""
    bought = np.bincount(log.items, minlength=len(catalogue))
    categories = [str(metadata.get("category", "")) for metadata in catalogue.metadata]
    order = np.argsort(-bought, kind="stable")[: int((bought > 0).sum())].tolist()
    leading: dict[str, int] = {}
    for item in order:
        leading.setdefault(categories[item], item)
    chosen = list(leading.values())[:count]
    chosen += [item for item in order if item not in set(chosen)][: count - len(chosen)]
    items = np.sort(np.array(chosen, np.int64))
    share = bought / max(int(bought.sum()), 1)
    of = np.array(categories, object)
    strange = {item: np.zeros(len(catalogue), np.bool_) for item in items.tolist()}
    for near in near_counts(log, items):
        for item in np.unique(near.items).tolist():
            of_item = near.items == item
            times = np.zeros(len(catalogue))
            times[near.others[of_item]] = near.times[of_item]
            expected = times.sum() * share
            strange[item] = (times < expected) & (expected >= _ENOUGH) & (of != categories[item])
    return FirstItems(items, [strange[item] for item in items.tolist()])


def shown(found: FirstItems, lists: Mapping[str, Rows], catalogue: Catalogue) -> dict[str, Any]:
    """The content for evaluation.json: each system's share of strangers, and the list after each first
    item."""
    named = zip(catalogue.texts, catalogue.ids, strict=True)
    texts = [text[:_LETTERS] or item_id for text, item_id in named]
    strangers = {name: found.strangers(rows) for name, rows in lists.items()}
    return {
        "strangers@10": {name: float(mask.mean()) if mask.size else 0.0 for name, mask in strangers.items()},
        "items": [
            {
                "item": catalogue.ids[item],
                "text": texts[item],
                "lists": {
                    name: [
                        {"item": catalogue.ids[row], "text": texts[row], "stranger": bool(odd)}
                        for row, odd in zip(rows[at].tolist(), strangers[name][at], strict=True)
                    ]
                    for name, rows in lists.items()
                },
            }
            for at, item in enumerate(found.items.tolist())
        ],
    }
