"""Items of a step as vectors: own row plus the mean of the words, each distinct text pooled once."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from object2vec.model.bags import Bags
from object2vec.model.network import LocalRows, pool_rows
from object2vec.training.dataset import Codes
from object2vec.training.features import ItemFeatures


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """What is needed to compute the vectors of m items."""

    words: Bags  # of the distinct texts among them
    text_of: Tensor  # (m,) into `words`
    rows: Tensor  # (m,) own table rows; 0 where the item has none or has to do without
    kept: Tensor  # (m, 1) 1.0 where the own row counts

    def needed(self) -> list[Tensor]:
        """The table rows to gather."""
        return [torch.from_numpy(self.words.rows.astype(np.int64)), self.rows]

    def vectors(self, local: LocalRows) -> Tensor:
        """(m, d), not normalised."""
        content = functional.embedding(self.text_of, pool_rows(local, self.words))
        return content + local.take(self.rows) * self.kept


def plan_items(features: ItemFeatures, items: Codes, dropped: NDArray[np.bool_] | None = None) -> ItemPlan:
    """`dropped` (m,) boolean: items that have to do without their own row, as a new item would (id dropout).
    An item without words always keeps its row."""
    texts, text_of = np.unique(features.text_of[items], return_inverse=True)
    words = features.words.take(texts)
    rows = features.row_of[items]
    kept: NDArray[np.bool_] = rows >= 0
    if dropped is not None:
        kept &= ~(dropped & (words.lengths[text_of] > 0))
    return ItemPlan(
        words,
        torch.from_numpy(text_of),
        torch.from_numpy(np.where(kept, rows, 0)),
        torch.from_numpy(kept.astype(np.float32)[:, None]),
    )
