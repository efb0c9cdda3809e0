"""What a trained model keeps for items that come later: `object2vec/model/retrieval/cold_start.py`.

How long a newcomer's row is decides how often it comes into a list: too short and nobody ever sees it, too
long and it crowds out what is known. It is found by trial: a tenth of the items is taken for newcomers and
out of the histories, and comes into these users' lists as often as there are of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from object2vec.core.encoder import Vectors
from object2vec.model.retrieval.artefact import Weights
from object2vec.model.retrieval.bags import pool
from object2vec.model.retrieval.cold_start import landmarks_of
from object2vec.model.retrieval.towers import session_vectors, unit
from object2vec.training.dataset import Codes, Interactions
from object2vec.training.embeddings import item_sums
from object2vec.training.evaluation.ranking import top_positions
from object2vec.training.features import ItemFeatures

_NEW, _LIST, _USERS = 0.1, 20, 500
_SHORTEST, _USUAL, _LONGEST = 0.25, 1.0, 2.5
"""Of a newcomer's row, beside the mean of rows that were taught; the usual where nothing can be tried."""
_TRIALS = 8
_EASIER = 1.35
"""Who once bought an item gets it into the list again more easily than who never could: by about so much
(docs/adr/0017-new-items.md)."""


@dataclass(frozen=True, slots=True)
class _Taught:
    """n items that were used often enough to learn from."""

    texts: Codes  # (n,) positions among the texts
    rows: Vectors  # (n, d)
    uses: Codes  # (n,)

    @property
    def length(self) -> float:
        """Of a row, on average."""
        return float(np.linalg.norm(self.rows, axis=1).mean())

    def where(self, chosen: NDArray[np.bool_]) -> "_Taught":
        """The chosen (n,) items."""
        return _Taught(self.texts[chosen], self.rows[chosen], self.uses[chosen])


def with_landmarks(
    weights: Weights,
    features: ItemFeatures,
    *,
    events: Interactions,
    uses: Codes,
    half_lives: Sequence[float],
    seed: int,
) -> Weights:
    """The weights with the landmarks among the items that were used: `uses` (items,), 0 where too rarely.
    `events` are those of training."""
    worded = (features.words.lengths > 0)[features.text_of]
    items = np.flatnonzero((uses > 0) & (features.row_of >= 0) & worded)
    if weights.items is None or not len(items):
        return weights
    rows = weights.items[features.row_of[items] - len(weights.words)]
    taught = _Taught(features.text_of[items], rows, uses[items])
    texts = pool(weights.words, features.words)
    rng = np.random.default_rng(seed)
    new = rng.random(len(features.text_of)) < _NEW
    sums = item_sums(weights, features)
    users = session_vectors(weights, sums, _some_histories(events.where(~new[events.items]), rng), half_lives)
    length = _factor(taught, new[items], texts, sums[items], users) * taught.length
    landmarks = landmarks_of(unit(texts), taught.texts, rows, taught.uses, length)
    return replace(weights, landmark_words=landmarks.words, landmark_rows=landmarks.rows)


def _factor(taught: _Taught, new: NDArray[np.bool_], texts: Vectors, own: Vectors, users: Vectors) -> float:
    """How long the row of a newcomer is to be, beside the mean of those that were taught.

    `new` (n,) are taken for newcomers, `texts` (t, d) are the means of words, `own` (n, d) the sums that the
    taught items' vectors are scaled from, `users` (u, d) those whose histories lack the new items."""
    if len(new) < 10 * _LIST or not new.any() or not len(users):
        return _USUAL
    known = taught.where(~new)
    landmarks = landmarks_of(unit(texts), known.texts, known.rows, known.uses, taught.length)
    bare = own[new] - taught.rows[new]
    borrowed = landmarks.borrowed(texts, taught.texts[new])

    def share(factor: float) -> float:
        items = own.copy()
        items[new] = bare + np.float32(factor) * borrowed
        listed = top_positions(users @ unit(items).T, _LIST)
        return float(new[listed].mean())

    return _where(share, _EASIER * float(new.mean()))


def _where(share: Callable[[float], float], wanted: float) -> float:
    """The factor that gives the share, which grows with it: bisection of its logarithm."""
    low, high = np.log(_SHORTEST), np.log(_LONGEST)
    for _ in range(_TRIALS):
        middle = (low + high) / 2
        low, high = (low, middle) if share(float(np.exp(middle))) > wanted else (middle, high)
    return float(np.exp((low + high) / 2))


def _some_histories(events: Interactions, rng: np.random.Generator) -> list[Codes]:
    """Of users drawn at random."""
    histories = np.split(events.items, np.flatnonzero(np.diff(events.users)) + 1) if len(events) else []
    return [histories[at] for at in rng.permutation(len(histories))[:_USERS].tolist()]
