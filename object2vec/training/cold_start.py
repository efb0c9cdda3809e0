"""Chooses a model's cold-start neighbours: the items that later items borrow rows from
(model/retrieval/items.py).

The length of a new item's row decides how often it gets into a list: too short and nobody ever sees it, too
long and it crowds out known items. The length is found by trial: a tenth of the items is treated as new and
taken out of the histories; they should fill a tenth of these users' lists.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from object2vec.core.arrays import Mask, Rows, Vectors
from object2vec.model.retrieval.forward import Weights, pool, session_vectors, unit
from object2vec.model.retrieval.items import ColdStartNeighbours, item_sums
from object2vec.training.dataset import Interactions
from object2vec.training.features import ItemFeatures
from object2vec.training.ranking_metrics import top_positions

_NEW, _LIST, _USERS = 0.1, 20, 500
_SHORTEST, _USUAL, _LONGEST = 0.25, 1.0, 2.5
"""Length of a new item's row as a multiple of the mean length of learned rows; the usual one where nothing
can be tried."""
_TRIALS = 8
_EASIER = 1.35
"""People who once bought an item get it into their list again more easily than people who never could: by
about this factor (docs/adr/0017-new-items.md)."""


@dataclass(frozen=True, slots=True)
class _Learned:
    """n items that were used often enough to have a meaningful row."""

    texts: Rows  # (n,) positions among the texts
    rows: Vectors  # (n, d)
    uses: Rows  # (n,)

    @property
    def length(self) -> float:
        """The mean length of a row."""
        return float(np.linalg.norm(self.rows, axis=1).mean())

    def where(self, chosen: Mask) -> "_Learned":
        """The chosen (n,) items."""
        return _Learned(self.texts[chosen], self.rows[chosen], self.uses[chosen])


def with_neighbours(
    weights: Weights,
    features: ItemFeatures,
    *,
    events: Interactions,
    uses: Rows,
    half_lives: Sequence[float],
    seed: int,
) -> Weights:
    """The weights with cold-start neighbours among the items that were used: `uses` (items,), 0 where too
    rarely. `events` are those of training."""
    worded = (features.words.lengths > 0)[features.text_of]
    items = np.flatnonzero((uses > 0) & (features.row_of >= 0) & worded)
    if weights.items is None or not len(items):
        return weights
    rows = weights.items[features.row_of[items] - len(weights.words)]
    learned = _Learned(features.text_of[items], rows, uses[items])
    texts = pool(weights.words, features.words)
    rng = np.random.default_rng(seed)
    new = rng.random(len(features.text_of)) < _NEW
    sums = item_sums(weights, features)
    users = session_vectors(weights, sums, _some_histories(events.where(~new[events.items]), rng), half_lives)
    length = _factor(learned, new[items], texts, sums[items], users) * learned.length
    kept = ColdStartNeighbours.of(unit(texts), learned.texts, rows, learned.uses, length)
    return replace(weights, neighbour_words=kept.words, neighbour_rows=kept.rows)


def _factor(learned: _Learned, new: Mask, texts: Vectors, sums: Vectors, users: Vectors) -> float:
    """The best length of a new item's row, as a multiple of the mean length of learned ones.

    `new` (n,) are treated as new, `texts` (t, d) are the means of words, `sums` (n, d) those of the learned
    items, `users` (u, d) the sessions, whose histories lack the new items."""
    if len(new) < 10 * _LIST or not new.any() or not len(users):
        return _USUAL
    known = learned.where(~new)
    neighbours = ColdStartNeighbours.of(unit(texts), known.texts, known.rows, known.uses, learned.length)
    without_row = sums[new] - learned.rows[new]
    borrowed = neighbours.borrowed(texts, learned.texts[new])

    def share(factor: float) -> float:
        items = sums.copy()
        items[new] = without_row + np.float32(factor) * borrowed
        listed = top_positions(users @ unit(items).T, _LIST)
        return float(new[listed].mean())

    return _where(share, _EASIER * float(new.mean()))


def _where(share: Callable[[float], float], wanted: float) -> float:
    """The factor at which `share` is `wanted`, found by bisection: the share grows with the factor."""
    low, high = np.log(_SHORTEST), np.log(_LONGEST)
    for _ in range(_TRIALS):
        middle = (low + high) / 2
        low, high = (low, middle) if share(float(np.exp(middle))) > wanted else (middle, high)
    return float(np.exp((low + high) / 2))


def _some_histories(events: Interactions, rng: np.random.Generator) -> list[Rows]:
    """The histories of users drawn at random."""
    histories = np.split(events.items, np.flatnonzero(np.diff(events.users)) + 1) if len(events) else []
    return [histories[at] for at in rng.permutation(len(histories))[:_USERS].tolist()]
