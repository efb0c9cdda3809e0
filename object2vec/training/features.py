"""The catalogue compiled for training: which table rows an item consists of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.model.bags import Bags, mean_bags
from object2vec.model.tokenizer import TextTokenizer
from object2vec.training.dataset import Catalogue, Codes

_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class ItemFeatures:
    """Equal texts are stored once: a shop sells many products under the same words."""

    words: Bags  # of t distinct texts
    text_of: Codes  # (items,) into the distinct texts
    row_of: Codes  # (items,) the item's own table row, -1 if it has none

    def with_rows(self, trained: NDArray[np.bool_], words: int) -> "ItemFeatures":
        """The same items, with rows of their own for those `trained` (items,), after the `words` rows."""
        return ItemFeatures(self.words, self.text_of, np.where(trained, words + np.cumsum(trained) - 1, -1))


def compile_items(catalogue: Catalogue, tokenizer: TextTokenizer, trained: NDArray[np.bool_]) -> ItemFeatures:
    """`trained` (items,): which items get a row of their own; rows follow the words in catalogue order."""
    text_of, distinct = distinct_codes(catalogue.texts)
    words = mean_bags(*encode_all(tokenizer, distinct))
    return ItemFeatures(words, text_of, np.full(len(text_of), -1)).with_rows(trained, tokenizer.size)


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
