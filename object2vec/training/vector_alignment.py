"""The first weights of the head for dense vectors: a linear map from an item's vector to its text.

A picture and the text of one item say the same thing twice, so the items that have both teach what a picture
means in words: ridge regression in closed form (Hoerl & Kennard 1970), with the strength that predicts best
the texts of items that were left out. An item with a picture and hardly a word is then found by words. From a
small random start the tasks alone need thousands of items to learn the same.

What all texts have in common goes into a bias that items without words get: it tells none of them apart, and
puts them as near to a query as items with words are.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Matrix, Rows
from object2vec.model.retrieval.forward import Weights, unit
from object2vec.model.retrieval.items import item_sums
from object2vec.training.features import ItemFeatures

MIN_TEXTS = 20
"""Distinct ones. With fewer there is nothing to choose the strength by."""
_MOST_ITEMS = 50_000
_STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_LEFT_OUT = 5  # one item in five

_Gram = NDArray[np.float64]
_Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AlignedHead:
    """The linear map from a standardised vector to the words of the item's text."""

    head: Matrix  # (p, d)
    bias: Matrix  # (d,) the mean text


def aligned_head(weights: Weights, features: ItemFeatures, rng: np.random.Generator) -> AlignedHead | None:
    """The head; None where too few items have both a vector and words, or where the map does not predict the
    texts of items that were left out.

    Items are left out, not texts: an item that lost its text may have a variant that has one, as often as
    the catalogue's items have variants."""
    vectors = features.vectors
    if vectors is None:
        return None
    items = np.flatnonzero((vectors.of >= 0) & (features.words.lengths[features.text_of] > 0))
    if len(np.unique(features.text_of[items])) < MIN_TEXTS:
        return None
    items = items[rng.permutation(len(items))[:_MOST_ITEMS]]
    texts = features.text_of[items]
    given, wanted = vectors.matrix[vectors.of[items]], _said(weights, features)[items]
    shares = _shares(texts)
    cut = len(items) // _LEFT_OUT
    learned, left = slice(cut, None), slice(cut)
    centre = _mean(wanted[learned], shares[learned])
    found = {}
    for strength in _STRENGTHS:
        head = _ridge(given[learned], wanted[learned] - centre, shares[learned], strength)
        found[strength] = _agreement(given[left] @ head, wanted[left] - centre, shares[left])
    best = max(found, key=lambda strength: found[strength])
    if found[best] <= 1 / np.sqrt(len(np.unique(texts[left]))):
        return None
    centre = _mean(wanted, shares)
    return AlignedHead(_ridge(given, wanted - centre, shares, best), centre.astype(np.float32))


def _said(weights: Weights, features: ItemFeatures) -> Matrix:
    """(items, d) the items without their vectors: their words, and the rows that a teacher gave them."""
    return item_sums(weights, replace(features, vectors=None))


def _shares(texts: Rows) -> _Shares:
    """(n,) 1 / the number of items that share the text: the variants of a product, or items with the same
    filler text, count as one example together."""
    _, which, counts = np.unique(texts, return_inverse=True, return_counts=True)
    shares: _Shares = 1.0 / counts[which]
    return shares


def _mean(rows: Matrix, shares: _Shares) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = (shares[:, None] * rows).sum(axis=0) / shares.sum()
    return mean


def _agreement(found: Matrix, truth: NDArray[np.float64], shares: _Shares) -> float:
    """The mean cosine."""
    cosines = (unit(found) * unit(truth.astype(np.float32))).sum(axis=1)
    return float((cosines * shares).sum() / shares.sum())


def _ridge(given: Matrix, wanted: NDArray[np.float64], shares: _Shares, strength: float) -> Matrix:
    """(p, d) the ridge regression. Standardised vectors have a usual length of 1, so one list of strengths
    fits any image model."""
    root = np.sqrt(shares)[:, None]
    x, y = given.astype(np.float64) * root, wanted * root
    if len(x) < x.shape[1]:
        solved = x.T @ np.linalg.solve(_regular(x @ x.T, strength), y)
    else:
        solved = np.linalg.solve(_regular(x.T @ x, strength), x.T @ y)
    return solved.astype(np.float32)


def _regular(gram: _Gram, strength: float) -> _Gram:
    return gram + strength * np.eye(len(gram))
