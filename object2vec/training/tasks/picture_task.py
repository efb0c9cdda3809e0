"""Task "picture": from an item's picture to its text, from words to the picture, and to other items.

An item's dense vector is projected into the embedding as if the item had nothing else:

    picture → the text of the same item, and back
    short texts of the item, its category and brand among them → picture
    picture → another variant of the product, or an item bought with it

Each is an in-batch softmax (Radford et al. 2021, "Learning transferable visual models from natural language
supervision").
Items without a picture take no part: the task changes them only through the words that they share with
others.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from object2vec.core.arrays import Rows
from object2vec.model.retrieval.forward import Bags
from object2vec.model.retrieval.network import (
    ItemPlan,
    LocalRows,
    TwoTowerNetwork,
    plan_items,
    plan_vectors,
    pool_rows,
)
from object2vec.training.features import ItemFeatures
from object2vec.training.tasks.losses import diagonal_loss
from object2vec.training.tasks.shuffled import ShuffledTask
from object2vec.training.tasks.similarity import Neighbourhoods, partners, with_another
from object2vec.training.tasks.text_search import MetadataValues


@dataclass(frozen=True, slots=True)
class PictureBatch:
    """n items with a picture and a text, and k pairs of an item with a picture (anchor) and an item bought
    with it or a variant of it (partner)."""

    pictures: ItemPlan
    texts: Bags  # of the n items
    queries: Bags  # of the n items: the text, or a short text of the metadata
    same: Tensor  # (n, n) boolean: other items with the same text are no negatives
    anchors: ItemPlan
    partners: ItemPlan
    known: Tensor  # (k, k) boolean: the same partner, or the anchor itself, is no negative
    temperature: float

    def needed(self) -> list[Tensor]:
        bags = [torch.from_numpy(bag.rows.astype(np.int64)) for bag in (self.texts, self.queries)]
        plans = (self.pictures, self.anchors, self.partners)
        return [*bags, *(rows for plan in plans for rows in plan.needed())]

    @property
    def pairs(self) -> int:
        """Number of pairs that are learned from."""
        return 3 * len(self.texts.lengths) + len(self.known)

    def loss(self, network: TwoTowerNetwork, local: LocalRows) -> Tensor:
        pictures = functional.normalize(self.pictures.vectors(local), dim=1)
        texts = functional.normalize(pool_rows(local, self.texts), dim=1)
        queries = network.query_vectors(pool_rows(local, self.queries))
        cosines = pictures @ texts.T / self.temperature
        losses = [
            diagonal_loss(cosines, self.same),
            diagonal_loss(cosines.T, self.same),
            diagonal_loss(queries @ pictures.T / self.temperature, self.same),
        ]
        if len(self.known):
            anchors = functional.normalize(self.anchors.vectors(local), dim=1)
            others = functional.normalize(self.partners.vectors(local), dim=1)
            losses.append(diagonal_loss(anchors @ others.T / self.temperature, self.known))
        return torch.stack(losses).mean()


class PictureTask(ShuffledTask[PictureBatch]):
    """Draws batches over the items that have a dense vector and words."""

    name = "picture"

    def __init__(
        self,
        features: ItemFeatures,
        values: MetadataValues,
        *,
        near: Neighbourhoods,
        batch_size: int,
        temperature: float,
        rng: np.random.Generator,
    ) -> None:
        """`near` holds each item's variants and the items bought with it."""
        assert features.vectors is not None
        pictured = features.vectors.of >= 0
        worded = features.words.lengths[features.text_of] > 0
        super().__init__(np.flatnonzero(pictured & worded), batch_size, rng)
        self._features, self._values, self._near = features, values, near
        self._temperature = temperature
        self._events = np.flatnonzero(with_another(near) & pictured[near.items])

    def _batch(self, items: Rows) -> PictureBatch:
        features, texts = self._features, self._features.text_of[items]
        words = features.words.take(texts)
        same = texts[:, None] == texts
        np.fill_diagonal(same, False)
        events = self._rng.choice(self._events, min(len(self._events), len(items)), replace=False)
        anchors, others = self._near.items[events], partners(self._near, events, self._rng)
        known = (others[:, None] == others) | (anchors[:, None] == others)
        np.fill_diagonal(known, False)
        return PictureBatch(
            plan_vectors(features, items),
            words,
            self._values.replace(items, words, self._rng, share=0.5),
            torch.from_numpy(same),
            plan_vectors(features, anchors),
            plan_items(features, others),
            torch.from_numpy(known),
            self._temperature,
        )
