"""Counting peers for next items, on sparse matrices: for catalogues of many thousands of items.

A history's items count by 2^(-age / half-life), the newest with age 0.
"""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from object2vec.core.arrays import Matrix, Rows
from object2vec.training.ranking_metrics import Scorer

_NEIGHBOURS = 100  # neighbours of an item


def directed_counts(histories: Sequence[Rows], items: int, *, reach: int, power: float) -> sparse.csr_array:
    """(items, items) how often an item followed another, each time by distance^-power, up to `reach` events
    away (sequential rules: Ludewig & Jannach 2018, "Evaluation of session-based recommendation
    algorithms")."""
    events = np.concatenate(histories)
    owner = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    counts = sparse.csr_array((items, items), dtype=np.float32)
    for distance in range(1, reach + 1):
        same = np.flatnonzero(owner[distance:] == owner[:-distance])
        share = np.full(len(same), distance**-power, np.float32)
        counts = counts + sparse.csr_array(
            (share, (events[same], events[same + distance])), shape=counts.shape
        )
    return counts


def cosine_neighbours(histories: Sequence[Rows], items: int) -> sparse.csr_array:
    """(items, items) cosine of the columns of users, the nearest of each item (Sarwar et al. 2001)."""
    owner = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    events = np.concatenate(histories)
    ones = np.ones(len(events), np.float32)
    taken = sparse.csr_array((ones, (owner, events)), shape=(len(histories), items)).sign()
    norms = np.sqrt(np.asarray(taken.sum(axis=0)).ravel())
    columns = sparse.csr_array(taken @ sparse.diags_array(1 / np.maximum(norms, 1e-9)))
    return _nearest(sparse.csr_array(columns.T @ columns))


def recent_scorer(weights: sparse.csr_array, histories: Sequence[Rows], half_life: float) -> Scorer:
    """What the items of a history say together."""

    def score(at: Rows) -> Matrix:
        chosen = [histories[user] for user in at.tolist()]
        shares = [np.exp2(-np.arange(len(history) - 1, -1, -1) / half_life) for history in chosen]
        rows = np.repeat(np.arange(len(chosen)), [len(history) for history in chosen])
        places = (rows, np.concatenate(chosen))
        profile = sparse.csr_array((np.concatenate(shares), places), shape=(len(chosen), weights.shape[0]))
        return np.asarray((profile @ weights).toarray(), np.float32)

    return score


def _nearest(similarity: sparse.csr_array) -> sparse.csr_array:
    """The strongest entries of each row, without the diagonal."""
    similarity.setdiag(0)
    kept = np.zeros(similarity.nnz, np.bool_)
    for start, end in zip(similarity.indptr[:-1].tolist(), similarity.indptr[1:].tolist(), strict=True):
        values = similarity.data[start:end]
        if len(values) <= _NEIGHBOURS:
            kept[start:end] = True
        else:
            kept[start + np.argpartition(-values, _NEIGHBOURS - 1)[:_NEIGHBOURS]] = True
    similarity.data[~kept] = 0
    similarity.eliminate_zeros()
    return similarity
