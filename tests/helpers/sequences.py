"""Logs in which only the order says what comes next."""

from pathlib import Path

import numpy as np

from object2vec.model.retrieval.forward import Bags
from object2vec.training.features import ItemFeatures
from tests.helpers.shops import write_shop

ITEMS, GROUP = 60, 6


def turning_chain(folder: Path, *, users: int = 300, length: int = 8) -> Path:
    """Sessions of distinct items from ten groups of six, one after the other. What follows an item depends on
    the item before it: the next group, if that came from a lower group than the item, else the previous
    one. So the same items in another order have another next item, and no mean of them can tell."""
    rng = np.random.default_rng(0)
    groups = ITEMS // GROUP
    events: dict[str, list[tuple[str, str, int]]] = {"train": [], "validation": [], "test": []}
    for user in range(users):
        direction = int(rng.choice([-1, 1]))
        group = int(rng.integers(groups))
        seen: set[int] = set()
        for step in range(length):
            if step == length // 2 - 1 and rng.random() < 0.5:
                direction = -direction
            item = next(int(i) for i in group * GROUP + rng.permutation(GROUP) if int(i) not in seen)
            seen.add(item)
            split = "train" if step < length - 2 else "validation" if step == length - 2 else "test"
            events[split].append((f"u{user:04}", f"i{item:03}", step * 86_400))
            group = (group + direction) % groups
    return write_shop(folder, [(f"i{item:03}", "", {}) for item in range(ITEMS)], events)


def bare_items(count: int) -> ItemFeatures:
    """Items without words: the rows 1 to `count` of a table."""
    nothing = Bags(np.empty(0, np.int32), np.empty(0, np.float32), np.zeros(1, np.int64))
    texts = np.zeros(count, np.int64)
    return ItemFeatures(
        words=nothing, text_of=texts, row_of=np.arange(count) + 1, content=nothing, content_of=texts
    )
