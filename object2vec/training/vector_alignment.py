"""Where the head for dense vectors starts: at the linear map from an item's vector to its text.

A picture and the text of one item say the same thing twice, so the items that have both teach what a picture
means in words: ridge regression in closed form (Hoerl & Kennard 1970), with the strength that predicts best
the texts that were left out. An item with a picture and hardly a word is then found by words. From a small
random start the tasks alone need thousands of items to learn the same.
"""

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Matrix, Rows
from object2vec.model.retrieval.forward import Weights, pool, unit
from object2vec.training.features import ItemFeatures

MIN_TEXTS = 20
"""With fewer there is nothing to choose the strength by."""
_MOST_TEXTS = 50_000
_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_LEFT_OUT = 5  # one text in five

_Gram = NDArray[np.float64]


def aligned_head(weights: Weights, features: ItemFeatures, rng: np.random.Generator) -> Matrix | None:
    """(p, d) the head that turns standardised vectors into their texts' mean words; None where too few items
    have both, or where vectors say nothing about the texts that were left out."""
    vectors = features.vectors
    if vectors is None:
        return None
    items = np.flatnonzero((vectors.of >= 0) & (features.words.lengths[features.text_of] > 0))
    texts, text_of = np.unique(features.text_of[items], return_inverse=True)
    if len(texts) < MIN_TEXTS:
        return None
    chosen = rng.permutation(len(texts))[:_MOST_TEXTS]
    given = _mean_by(text_of, vectors.matrix[vectors.of[items]], len(texts))[chosen]
    wanted = pool(weights.words, features.words)[texts[chosen]]
    cut = len(chosen) // _LEFT_OUT
    strength = _best_strength(given[cut:], wanted[cut:], given[:cut], wanted[:cut])
    return None if strength is None else _ridge(given, wanted, strength)


def _mean_by(group: Rows, rows: Matrix, groups: int) -> Matrix:
    """(groups, p) the mean row of each. A text counts once however many items share it: the many variants of
    one product, or the same filler where nobody wrote anything, are one thing to learn."""
    sums = np.zeros((groups, rows.shape[1]), np.float32)
    np.add.at(sums, group, rows)
    sums /= np.bincount(group, minlength=groups)[:, None]
    return sums


def _best_strength(given: Matrix, wanted: Matrix, new: Matrix, truth: Matrix) -> float | None:
    """The one whose predictions point most to the left-out texts; None if none does better than chance."""
    centre = truth.mean(axis=0)
    found = {
        strength: _agreement(new @ _ridge(given, wanted, strength), truth - centre) for strength in _STRENGTHS
    }
    best = max(found, key=lambda strength: found[strength])
    return best if found[best] > 1 / np.sqrt(len(new)) else None


def _agreement(found: Matrix, truth: Matrix) -> float:
    """The mean cosine."""
    return float((unit(found) * unit(truth)).sum(axis=1).mean())


def _ridge(given: Matrix, wanted: Matrix, strength: float) -> Matrix:
    """(p, d). The texts' mean is left out: what all items have in common tells none of them apart.
    Standardised vectors have a usual length of 1, so one list of strengths fits any image model."""
    x, y = given.astype(np.float64), (wanted - wanted.mean(axis=0)).astype(np.float64)
    if len(x) < x.shape[1]:
        solved = x.T @ np.linalg.solve(_regular(x @ x.T, strength), y)
    else:
        solved = np.linalg.solve(_regular(x.T @ x, strength), x.T @ y)
    return solved.astype(np.float32)


def _regular(gram: _Gram, strength: float) -> _Gram:
    return gram + strength * np.eye(len(gram))
