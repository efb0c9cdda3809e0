"""The catalogue compiled for training: the table rows that each item consists of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from object2vec.core.arrays import Mask, Rows, TokenIds
from object2vec.core.catalog import reviews_in
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.retrieval.forward import Bags, mean_bags, weighted_concatenation
from object2vec.model.retrieval.items import CompiledItems, Standardisation
from object2vec.training.dataset import Catalogue

_CHUNK = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFeatures(CompiledItems):
    """The catalogue's items, and their texts alone, each distinct text once. Without any reviews `words` and
    `content` are the same."""

    words: Bags  # of t distinct texts
    text_of: Rows  # (items,) into the distinct texts

    def with_rows(self, trained: Mask, words: int) -> "ItemFeatures":
        """These items, with rows of their own for those `trained` (items,), after the `words` rows."""
        return replace(self, row_of=np.where(trained, words + np.cumsum(trained) - 1, -1))


def compile_items(
    catalogue: Catalogue,
    tokenizer: Tokenizer,
    trained: Mask,
    reviews_weight: float = 0.0,
    standardisation: Standardisation | None = None,
) -> ItemFeatures:
    """`trained` (items,): which items get a row of their own; rows follow the words in catalogue order.
    The items' dense vectors count with a `standardisation` of their length."""
    text_of, distinct = distinct_codes(catalogue.texts)
    words = mean_bags(*encode_all(tokenizer, distinct))
    nowhere = np.full(len(text_of), -1)
    features = ItemFeatures(words=words, text_of=text_of, row_of=nowhere, content=words, content_of=text_of)
    features = features.with_rows(trained, tokenizer.size)
    if reviews_weight:
        features = _with_reviews(features, catalogue, tokenizer, reviews_weight)
    vectors = catalogue.vectors
    if vectors is None or standardisation is None or vectors.length != standardisation.length:
        return features
    return replace(features, vectors=vectors.standardised(standardisation))


def _with_reviews(
    features: ItemFeatures, catalogue: Catalogue, tokenizer: Tokenizer, weight: float
) -> ItemFeatures:
    review_of, distinct = distinct_codes([reviews_in(metadata) for metadata in catalogue.metadata])
    if not any(distinct):
        return features
    reviews = mean_bags(*encode_all(tokenizer, distinct))
    pairs = features.text_of * len(distinct) + review_of
    pairs, content_of = np.unique(pairs, return_inverse=True)
    texts, reviewed = np.divmod(pairs, len(distinct))
    content = weighted_concatenation(features.words.take(texts), reviews.take(reviewed), weight)
    return replace(features, content=content, content_of=content_of)


def distinct_codes(values: Sequence[str]) -> tuple[Rows, list[str]]:
    """Rows in order of first appearance, and the values they stand for."""
    seen: dict[str, int] = {}
    codes = np.fromiter((seen.setdefault(value, len(seen)) for value in values), np.int64, len(values))
    return codes, list(seen)


def encode_all(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[TokenIds, Rows]:
    """`tokenizer.encode` in chunks, so that memory stays flat."""
    parts = [tokenizer.encode(texts[at : at + _CHUNK]) for at in range(0, len(texts), _CHUNK)]
    return (
        np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int32),
        np.concatenate([part[1] for part in parts]) if parts else np.empty(0, np.int64),
    )
