"""Items of a step as vectors: own row plus the mean of the words, each distinct text pooled once."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from object2vec.model.bags import Bags
from object2vec.model.network import LocalRows, pool_rows
from object2vec.training.dataset import Codes
from object2vec.training.features import ItemFeatures


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """What is needed to compute the vectors of m items."""

    words: Bags  # of the distinct texts among them
    text_of: Tensor  # (m,) into `words`
    rows: Tensor  # (k,) own table rows of those items that have one and keep it
    owners: Tensor  # (k,) which of the m items each belongs to

    def needed(self) -> list[Tensor]:
        """The table rows to gather."""
        return [torch.from_numpy(self.words.rows.astype(np.int64)), self.rows]

    def vectors(self, local: LocalRows) -> Tensor:
        """(m, d), not normalised."""
        content = pool_rows(local, self.words)[self.text_of]
        return content.index_add(0, self.owners, local.vectors[local.place(self.rows)])


def plan_items(features: ItemFeatures, items: Codes, dropped: Codes | None = None) -> ItemPlan:
    """`dropped` (m,) boolean: items that have to do without their own row, as a new item would (id dropout).
    An item without words always keeps its row."""
    texts, text_of = np.unique(features.text_of[items], return_inverse=True)
    words = features.text_bags(texts)
    rows = features.row_of[items]
    kept = rows >= 0
    if dropped is not None:
        kept &= ~(dropped & (words.lengths[text_of] > 0))
    return ItemPlan(
        words,
        torch.from_numpy(text_of),
        torch.from_numpy(rows[kept]),
        torch.from_numpy(np.flatnonzero(kept)),
    )
