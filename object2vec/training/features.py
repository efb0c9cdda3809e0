"""The catalogue compiled for training: which table rows an item consists of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from object2vec.core.catalog import reviews_in
from object2vec.model.retrieval.bags import Bags, beside, mean_bags
from object2vec.model.retrieval.item_vectors import Standardisation
from object2vec.model.retrieval.tokenizer import TextTokenizer
from object2vec.training.dataset import Catalogue, Codes
from object2vec.training.dense import ItemVectors

_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class ItemFeatures:
    """Equal texts are stored once: a shop sells many products under the same words."""

    words: Bags  # of t distinct texts
    text_of: Codes  # (items,) into the distinct texts
    row_of: Codes  # (items,) the item's own table row, -1 if it has none
    content: Bags  # of c distinct pairs of a text and reviews; without any reviews the same as `words`
    content_of: Codes  # (items,) into `content`
    vectors: ItemVectors | None = None  # standardised
    new: NDArray[np.bool_] | None = None  # (items,) which came after the training of the model

    def with_rows(self, trained: NDArray[np.bool_], words: int) -> "ItemFeatures":
        """The same items, with rows of their own for those `trained` (items,), after the `words` rows."""
        return replace(self, row_of=np.where(trained, words + np.cumsum(trained) - 1, -1))

    def described(self, items: Codes) -> NDArray[np.bool_]:
        """(m,) which of the items say anything beside their own row: in words, or by a vector."""
        worded: NDArray[np.bool_] = self.content.lengths[self.content_of[items]] > 0
        return worded if self.vectors is None else worded | (self.vectors.of[items] >= 0)


def compile_items(
    catalogue: Catalogue,
    tokenizer: TextTokenizer,
    trained: NDArray[np.bool_],
    reviews_weight: float = 0.0,
    standardisation: Standardisation | None = None,
) -> ItemFeatures:
    """`trained` (items,): which items get a row of their own; rows follow the words in catalogue order.
    The items' dense vectors count with a `standardisation` of their length."""
    text_of, distinct = distinct_codes(catalogue.texts)
    words = mean_bags(*encode_all(tokenizer, distinct))
    features = ItemFeatures(words, text_of, np.full(len(text_of), -1), words, text_of)
    features = features.with_rows(trained, tokenizer.size)
    if reviews_weight:
        features = _with_reviews(features, catalogue, tokenizer, reviews_weight)
    vectors = catalogue.vectors
    if vectors is None or standardisation is None or vectors.length != standardisation.length:
        return features
    return replace(features, vectors=vectors.standardised(standardisation))


def _with_reviews(
    features: ItemFeatures, catalogue: Catalogue, tokenizer: TextTokenizer, weight: float
) -> ItemFeatures:
    review_of, distinct = distinct_codes([reviews_in(metadata) for metadata in catalogue.metadata])
    if not any(distinct):
        return features
    reviews = mean_bags(*encode_all(tokenizer, distinct))
    pairs = features.text_of * len(distinct) + review_of
    pairs, content_of = np.unique(pairs, return_inverse=True)
    texts, reviewed = np.divmod(pairs, len(distinct))
    content = beside(features.words.take(texts), reviews.take(reviewed), weight)
    return replace(features, content=content, content_of=content_of)


def distinct_codes(values: Sequence[str]) -> tuple[Codes, list[str]]:
    """Codes in order of first appearance, and the values they stand for."""
    seen: dict[str, int] = {}
    codes = np.fromiter((seen.setdefault(value, len(seen)) for value in values), np.int64, len(values))
    return codes, list(seen)


def encode_all(tokenizer: TextTokenizer, texts: Sequence[str]) -> tuple[NDArray[np.int32], Codes]:
    """`tokenizer.encode` in chunks, so that memory stays flat."""
    parts = [tokenizer.encode(texts[at : at + _CHUNK]) for at in range(0, len(texts), _CHUNK)]
    return (
        np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int32),
        np.concatenate([part[1] for part in parts]) if parts else np.empty(0, np.int64),
    )
