"""What a shopper of one click is shown: twenty first items, the list after each, what in it is strange.

Learning from short histories is learning what sells; a list that sells may look wrong to the eye (bread after
diapers). An item of a list is a stranger to the first one if it is of another category and was bought near it
less often than by chance, counted on the purchases before the test period.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from object2vec.core.arrays import Mask, Rows
from object2vec.ranker.complement_counts import PurchaseLog, near_counts
from object2vec.training.dataset import Catalogue
from object2vec.training.ranking import Holdout, Scorer, View, best_in_views

FIRST_ITEMS = 20
_LISTED = 10
_ENOUGH = 5.0
"""Times that an item would be bought near another by chance, to tell that it is not."""


@dataclass(frozen=True, slots=True)
class FirstItems:
    """n items that shoppers may begin with, and who is strange to them."""

    items: Rows  # (n,)
    strange: Sequence[Mask]  # (items,) of each

    def asked(self) -> Holdout:
        """Shoppers of whom only that one event is known; nothing is relevant."""
        nothing = np.zeros(0, np.int64)
        histories = [np.array([item]) for item in self.items.tolist()]
        return Holdout(histories, [np.zeros(1)] * len(histories), [nothing] * len(histories), timed=False)

    def lists(self, scorer: Scorer, allowed: Mask) -> Rows:
        """(n, 10) the best other items after each."""
        users = self.asked()
        (top,) = best_in_views(len(users), scorer, [View("", allowed, unseen=True)], users.histories)
        return top[:, :_LISTED]

    def strangers(self, lists: Rows) -> Mask:
        """(n, k) of lists (n, k)."""
        pairs = zip(lists, self.strange, strict=True)
        return np.stack([strange[listed] for listed, strange in pairs])


def first_items(
    catalogue: Catalogue, log: PurchaseLog, category_field: str = "category", count: int = FIRST_ITEMS
) -> FirstItems:
    """The most bought item of each of the categories that sell most, and where those are too few, the most
    bought others."""
    bought = np.bincount(log.items, minlength=len(catalogue))
    categories = [str(metadata.get(category_field, "")) for metadata in catalogue.metadata]
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
            own = near.items == item
            times = np.zeros(len(catalogue))
            times[near.others[own]] = near.times[own]
            expected = times.sum() * share
            strange[item] = (times < expected) & (expected >= _ENOUGH) & (of != categories[item])
    return FirstItems(items, [strange[item] for item in items.tolist()])


def shown(
    found: FirstItems, lists: Mapping[str, Rows], catalogue: Catalogue, *, letters: int = 60
) -> dict[str, Any]:
    """For evaluation.json: of each system the share of strangers, and each first item's list."""
    named = zip(catalogue.texts, catalogue.ids, strict=True)
    texts = [text[:letters] or item_id for text, item_id in named]
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
