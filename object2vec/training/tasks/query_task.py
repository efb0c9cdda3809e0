"""Task "query_log": from what shoppers typed to the item they went on with."""

import numpy as np
import torch
from torch import Tensor

from object2vec.core.arrays import Rows
from object2vec.core.tokenizer import Tokenizer
from object2vec.model.retrieval.forward import mean_bags
from object2vec.model.retrieval.network import plan_items
from object2vec.training.features import ItemFeatures, distinct_codes, encode_all
from object2vec.training.search_log import JudgedQueries
from object2vec.training.tasks.shuffled import ShuffledTask
from object2vec.training.tasks.text_search import TextBatch

_ID_DROPOUT = 0.5  # as for queries that are made from texts


class SearchLogTask(ShuffledTask[TextBatch]):
    """Draws batches over the relevant pairs of the log; a pair that came often is drawn as often."""

    name = "query_log"  # what stored losses and reports call the search log

    def __init__(
        self,
        log: JudgedQueries,
        features: ItemFeatures,
        tokenizer: Tokenizer,
        *,
        batch_size: int,
        temperature: float,
        rng: np.random.Generator,
    ) -> None:
        relevant = log.relevant()
        codes, texts = distinct_codes(relevant.queries.tolist())
        self._bags = mean_bags(*encode_all(tokenizer, texts))
        with_words = self._bags.lengths[codes] > 0
        self._queries, self._items = codes[with_words], relevant.items[with_words]
        super().__init__(np.arange(len(self._items)), batch_size, rng)
        self._features, self._temperature = features, temperature
        self._known = np.unique(self._numbers(self._queries, self._items))

    def _batch(self, chosen: Rows) -> TextBatch:
        queries, items = self._queries[chosen], self._items[chosen]
        dropped = self._rng.random(len(items)) < _ID_DROPOUT
        return TextBatch(
            plan_items(self._features, items, dropped),
            self._bags.take(queries),
            self._relevant(queries, items),
            self._temperature,
        )

    def _relevant(self, queries: Rows, items: Rows) -> Tensor:
        """(n, n) boolean: item j is known to fit query i, j ≠ i."""
        numbers = self._numbers(queries[:, None], items[None, :])
        place = np.minimum(np.searchsorted(self._known, numbers), len(self._known) - 1)
        fits = self._known[place] == numbers
        np.fill_diagonal(fits, False)
        return torch.from_numpy(fits)

    def _numbers(self, queries: Rows, items: Rows) -> Rows:
        return queries * len(self._features.text_of) + items
