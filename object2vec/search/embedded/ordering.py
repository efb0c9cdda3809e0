"""The order of a result: by score or by a field, then diversified, with pinned items before everything.

An order is a key for every row, greatest first, so that pages and cursors work the same for all of them.
Diversity: maximal marginal relevance, Carbonell & Goldstein 1998, "The Use of MMR, Diversity-Based Reranking
for Reordering Documents and Producing Summaries".
"""

from collections.abc import Sequence

import numpy as np

from object2vec.core.arrays import Rows, Scores
from object2vec.search.embedded.vectors import VectorTable

POOL = 200
"""So many of the best rows are diversified; the others follow by score."""
_DIVERSE, _PINNED = 1e12, 1e15
"""Keys above every score, and above every diversified row."""


def diversified(rows: Rows, scores: Scores, vectors: VectorTable, diversity: float) -> Scores:
    """Keys by which each next row is the one with the greatest (1 - diversity) · score - diversity · greatest
    cosine to a row before it; scores are divided by the best."""
    best = np.lexsort((rows, -scores))[:POOL]
    if not len(best):
        return scores
    matrix = vectors.at(rows[best])
    similar = matrix @ matrix.T
    top = float(scores[best[0]])
    relevance = (1 - diversity) * (scores[best] / top if top > 0 else scores[best])
    nearest = np.zeros(len(best))
    open_ = np.ones(len(best), np.bool_)
    keys = scores.copy()
    for place in range(len(best)):
        marginal = np.where(open_, relevance - diversity * nearest, -np.inf)
        chosen = int(marginal.argmax())
        open_[chosen] = False
        keys[best[chosen]] = _DIVERSE - place
        np.maximum(nearest, similar[chosen], out=nearest)
    return keys


def pinned(rows: Rows, keys: Scores, pins: Sequence[int]) -> Scores:
    """Keys with these rows (part of `rows`, which ascend) before all others, in this order."""
    keys = keys.copy()
    for place, row in enumerate(pins):
        keys[np.searchsorted(rows, row)] = _PINNED - place
    return keys
