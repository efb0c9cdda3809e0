"""Where training starts: at the seed's words, or, from a trained model, at everything it knows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from object2vec.model.artefact import Artefact, Weights


def initial_weights(
    start: Artefact,
    item_ids: Sequence[str],
    dim: int,
    half_lives: Sequence[float],
    rng: np.random.Generator,
) -> Weights:
    """The words' first `dim` principal components; items that `start` has no row for start from their words.

    The heads go on too, unless they belong to another `dim` or to other half-lives. Dimensions beyond the
    start's, and items without words, need a little noise to grow from."""
    words = _fitted(start.weights.words, dim, rng)
    items = rng.normal(0, 0.01, (len(item_ids), dim)).astype(np.float32)
    if start.weights.items is not None:
        place = {item_id: row for row, item_id in enumerate(start.item_ids)}
        rows = np.fromiter((place.get(item_id, -1) for item_id in item_ids), np.int64, len(item_ids))
        items[rows >= 0] = _fitted(start.weights.items[rows[rows >= 0]], dim, rng)
    if start.manifest.dim != dim:
        return Weights(words=words, items=items)
    same_scales = list(start.manifest.recency_half_lives) == list(half_lives)
    return Weights(
        words=words,
        items=items,
        query_head=start.weights.query_head,
        session_head=start.weights.session_head if same_scales else None,
        session_bias=start.weights.session_bias if same_scales else None,
    )


def _fitted(table: NDArray[np.float32], dim: int, rng: np.random.Generator) -> NDArray[np.float32]:
    fitted = np.zeros((len(table), dim), np.float32)
    shared = min(dim, table.shape[1])
    fitted[:, :shared] = table[:, :shared]
    fitted[:, shared:] = rng.normal(0, 0.01, (len(table), dim - shared))
    return fitted
