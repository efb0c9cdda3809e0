"""Predicts the category of a text: a softmax over the shared embedding and over hashed words and pairs of
words.

The shared embedding generalises to words that few examples have. The hashed words and pairs (Joulin et al.
2017, "Bag of tricks for efficient text classification") learn what a combination means in this catalogue.
Probabilities are calibrated: the heads are divided by a temperature (Guo et al. 2017, "On calibration of
modern neural networks").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.core.arrays import Rows, TokenIds, Vectors
from object2vec.model.retrieval.artefact import Artefact
from object2vec.model.retrieval.forward import Bags, Weights, mean_bags, pool, unit

_FIRST, _SECOND = 0x9E3779B1, 0x85EBCA77  # odd numbers that spread (Knuth's and xxHash's)
_REACH = 3  # tokens, how far apart the two of a pair may be


@dataclass(frozen=True, slots=True)
class Prediction:
    """One category of a text with its probability."""

    category: str
    probability: float


class Categoriser:
    """Predicts one metadata field from text; safe to share between threads."""

    def __init__(self, artefact: Artefact) -> None:
        self._weights, self._tokenizer = artefact.weights, artefact.tokenizer
        self.field = str(artefact.manifest.categories["field"])
        self.labels: Sequence[str] = artefact.manifest.categories["labels"]

    def predict(self, text: str, limit: int) -> list[Prediction]:
        """The `limit` likeliest categories, likeliest first; none for a text without a known word."""
        rows, lengths = self._tokenizer.encode([text])
        if not len(rows):
            return []
        (chances,) = softmax(category_logits(self._weights, rows, lengths))
        best = np.argsort(-chances, kind="stable")[:limit]
        return [Prediction(self.labels[at], float(chances[at])) for at in best]


def categoriser_of(artefact: Artefact) -> Categoriser | None:
    """The model's categoriser; None for a model that was trained without categories."""
    return None if artefact.weights.category_head is None else Categoriser(artefact)


def category_logits(weights: Weights, rows: TokenIds, lengths: Rows) -> Vectors:
    """(n, C) logits of n texts: `rows` are all their tokens, `lengths` how many each text has."""
    heads = (weights.category_grams, weights.category_words, weights.category_head, weights.category_bias)
    grams, words_head, head, bias = heads
    assert grams is not None
    assert words_head is not None
    assert head is not None
    assert bias is not None
    words = unit(pool(weights.words, mean_bags(rows, lengths)))
    logits: Vectors = words @ words_head + pool(grams, gram_bags(rows, lengths, len(grams))) @ head + bias
    return logits


def gram_bags(rows: TokenIds, lengths: Rows, buckets: int) -> Bags:
    """The bags of n texts: every token and every pair of near tokens of a text, hashed to a bucket, equally
    weighted."""
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    place = np.arange(len(rows)) - starts
    tokens = rows.astype(np.uint64)
    columns, kept = [_spread(tokens + np.uint64(1))], [np.ones(len(rows), bool)]
    for distance in range(1, _REACH + 1):
        left = np.roll(tokens, distance) + np.uint64(1)
        columns.append(_spread(columns[0] ^ (left * np.uint64(_SECOND) + np.uint64(distance))))
        kept.append(place >= distance)
    chosen = np.stack(kept, axis=1)
    hashed = (np.stack(columns, axis=1) >> np.uint64(7)) % np.uint64(buckets)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    counts = np.bincount(owner, chosen.sum(axis=1), minlength=len(lengths)).astype(np.int64)
    return mean_bags(hashed[chosen].astype(np.int32), counts)


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return np.asarray(values * np.uint64(_FIRST) % np.uint64(2**32), np.uint64)


def softmax(logits: Vectors) -> NDArray[np.float64]:
    """(n, C) probabilities: each row sums to 1."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
