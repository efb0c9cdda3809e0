"""Items of a step as vectors: own row, means of the words, and what its own vector says."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from object2vec.model.retrieval.bags import Bags
from object2vec.model.retrieval.network import LocalRows, pool_rows
from object2vec.training.dataset import Codes
from object2vec.training.features import ItemFeatures


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """What is needed to compute the vectors of m items."""

    words: Bags  # of the distinct contents among them
    content_of: Tensor  # (m,) into `words`
    rows: Tensor  # (m,) own table rows; 0 where the item has none or has to do without
    kept: Tensor  # (m, 1) 1.0 where the own row counts
    described: Tensor | None = None  # (k,) which of the m have a vector
    dense: Tensor | None = None  # (k, p) these vectors, standardised

    def needed(self) -> list[Tensor]:
        """The table rows to gather."""
        return [torch.from_numpy(self.words.rows.astype(np.int64)), self.rows]

    def vectors(self, local: LocalRows) -> Tensor:
        """(m, d), not normalised."""
        content = functional.embedding(self.content_of, pool_rows(local, self.words))
        sums = content + local.take(self.rows) * self.kept
        if self.described is None or self.dense is None:
            return sums
        return sums.index_add(0, self.described, local.project(self.dense))


def plan_items(features: ItemFeatures, items: Codes, dropped: NDArray[np.bool_] | None = None) -> ItemPlan:
    """`dropped` (m,) boolean: items that have to do without their own row, as a new item would (id dropout).
    An item of which nothing else is known always keeps its row."""
    contents, content_of = np.unique(features.content_of[items], return_inverse=True)
    rows = features.row_of[items]
    kept: NDArray[np.bool_] = rows >= 0
    if dropped is not None:
        kept &= ~(dropped & features.described(items))
    return ItemPlan(
        features.content.take(contents),
        torch.from_numpy(content_of),
        torch.from_numpy(np.where(kept, rows, 0)),
        torch.from_numpy(kept.astype(np.float32)[:, None]),
        *_vectors_among(features, items),
    )


def _vectors_among(features: ItemFeatures, items: Codes) -> tuple[Tensor | None, Tensor | None]:
    if features.vectors is None:
        return None, None
    places = features.vectors.of[items]
    described = np.flatnonzero(places >= 0)
    return torch.from_numpy(described), torch.from_numpy(features.vectors.matrix[places[described]])
