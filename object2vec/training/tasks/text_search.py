"""Task "text": from words a shopper might type to the item; queries are made from the catalogue itself."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from object2vec.core.arrays import Rows
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.retrieval.forward import Bags, mean_bags, ragged_range
from object2vec.model.retrieval.network import ItemPlan, LocalRows, TwoTowerNetwork, plan_items, pool_rows
from object2vec.training.dataset import Catalogue
from object2vec.training.features import ItemFeatures, distinct_codes, encode_all
from object2vec.training.tasks.losses import diagonal_loss
from object2vec.training.tasks.shuffled import ShuffledTask

_ID_DROPOUT = 0.5  # half of the items have to be found by their words alone, as a new item must
_LONGEST_VALUE = 60  # characters; longer metadata is prose, not something to type


@dataclass(frozen=True, slots=True)
class TextBatch:
    """n queries and the n items they were made from, with m - n more items to tell those from."""

    items: ItemPlan
    queries: Bags
    ignored: Tensor  # (n, m) boolean: items that have all words of the query are no negatives
    temperature: float

    def needed(self) -> list[Tensor]:
        return [*self.items.needed(), torch.from_numpy(self.queries.rows.astype(np.int64))]

    @property
    def pairs(self) -> int:
        """Number of (query, item) pairs that are learned from."""
        return len(self.queries.lengths)

    def loss(self, network: TwoTowerNetwork, local: LocalRows) -> Tensor:
        queries = network.query_vectors(pool_rows(local, self.queries))
        items = torch.nn.functional.normalize(self.items.vectors(local), dim=1)
        return diagonal_loss(queries @ items.T / self.temperature, self.ignored)


class TextTask(ShuffledTask[TextBatch]):
    """Draws batches over the items that have words, each distinct text equally often."""

    name = "text"

    def __init__(
        self,
        features: ItemFeatures,
        values: "MetadataValues",
        continues: NDArray[np.bool_],
        *,
        batch_size: int,
        temperature: float,
        hard_negatives: Rows | None = None,
        rng: np.random.Generator,
    ) -> None:
        """`hard_negatives` (texts, k): for each distinct text k others that come into its batch too."""
        self._hard = hard_negatives
        self._features, self._values, self._temperature = features, values, temperature
        self._continues = continues  # (V,) word pieces that continue a word
        with_words = np.flatnonzero(features.words.lengths[features.text_of] > 0)
        order = with_words[np.argsort(features.text_of[with_words], kind="stable")]
        self._texts, self._first = np.unique(features.text_of[order], return_index=True)
        self._items, self._counts = order, np.diff(np.append(self._first, len(order)))
        super().__init__(np.arange(len(self._texts)), batch_size, rng)

    def _others(self, chosen: Rows) -> Rows:
        if self._hard is None:
            return chosen[:0]
        texts = np.setdiff1d(self._hard[self._texts[chosen]], self._texts[chosen])
        return np.flatnonzero(np.isin(self._texts, texts))  # those with words

    def _some_items(self, chosen: Rows) -> Rows:
        offset = (self._rng.random(len(chosen)) * self._counts[chosen]).astype(np.int64)
        items: Rows = self._items[self._first[chosen] + offset]
        return items

    def _batch(self, chosen: Rows) -> TextBatch:
        """Texts, with a random item of each."""
        others = self._others(chosen)
        asked = self._some_items(chosen)
        queries = self._queries(asked, self._features.words.take(self._texts[chosen]))
        asked_and_others = np.concatenate([chosen, others])
        items = np.concatenate([asked, self._some_items(others)])
        ignored = _contained(queries, self._features.words.take(self._texts[asked_and_others]))
        dropped = self._rng.random(len(items)) < _ID_DROPOUT
        return TextBatch(plan_items(self._features, items, dropped), queries, ignored, self._temperature)

    def _queries(self, items: Rows, words: Bags) -> Bags:
        """A random subset of the words, or every fourth time a metadata value."""
        owner = np.repeat(np.arange(len(items)), words.lengths)
        word = np.cumsum(~self._continues[words.rows] | (np.diff(owner, prepend=-1) != 0)) - 1
        keep_share = self._rng.uniform(0.15, 0.9, len(items))
        kept = self._rng.random(int(word[-1]) + 1)[word] < keep_share[owner]
        fallback = self._rng.random(int(word[-1]) + 1)[word]
        best = np.zeros(len(items))
        np.maximum.at(best, owner, fallback)
        kept |= fallback == best[owner]  # one word at least
        lengths = np.bincount(owner[kept], minlength=len(items))
        return self._values.replace(items, mean_bags(words.rows[kept], lengths), self._rng)


class MetadataValues:
    """Short texts in the items' metadata (category, brand …) that a shopper may type."""

    def __init__(self, catalogue: Catalogue, tokenizer: Tokenizer) -> None:
        texts = [_short_texts(metadata.values()) for metadata in catalogue.metadata]
        self._counts = np.fromiter((len(row) for row in texts), np.int64, len(texts))
        self._starts = np.cumsum(self._counts) - self._counts
        self._codes, distinct = distinct_codes([text for row in texts for text in row])
        self._words = mean_bags(*encode_all(tokenizer, distinct))

    def replace(self, items: Rows, queries: Bags, rng: np.random.Generator, share: float = 0.25) -> Bags:
        """`queries` with a share of them replaced by a value of the item they belong to."""
        replaced = (rng.random(len(items)) < share) & (self._counts[items] > 0)
        offset = (rng.random(len(items)) * self._counts[items]).astype(np.int64)
        at = np.where(replaced, self._starts[items] + offset, 0)
        codes = self._codes[at] if len(self._codes) else np.zeros(len(items), np.int64)
        if not replaced.any():
            return queries
        replaced &= self._words.lengths[codes] > 0
        lengths = np.where(replaced, self._words.lengths[codes], queries.lengths)
        source = np.where(replaced, self._words.starts[codes] + len(queries.rows), queries.starts)
        rows = np.concatenate([queries.rows, self._words.rows])
        return mean_bags(rows[ragged_range(source, lengths)], lengths)


def _contained(queries: Bags, items: Bags) -> Tensor:
    """(n, m) boolean: item j has every word of query i, j ≠ i."""
    rows, place = np.unique(np.concatenate([queries.rows, items.rows]), return_inverse=True)
    n, m = len(queries.lengths), len(items.lengths)
    asked, has = np.zeros((n, len(rows)), np.float32), np.zeros((m, len(rows)), np.float32)
    asked[np.repeat(np.arange(n), queries.lengths), place[: len(queries.rows)]] = 1
    has[np.repeat(np.arange(m), items.lengths), place[len(queries.rows) :]] = 1
    contained = asked @ has.T >= asked.sum(axis=1, keepdims=True)
    np.fill_diagonal(contained, False)
    return torch.from_numpy(contained)


def _short_texts(values: Iterable[object]) -> list[str]:
    return [v for v in values if isinstance(v, str) and 0 < len(v) <= _LONGEST_VALUE]
