"""From a text to its category: a softmax over the shared embedding and over words and pairs of words.

The shared embedding knows what words mean, so that new words count; the hashed words and pairs (Joulin et
al. 2017, "Bag of tricks for efficient text classification") know what a combination says here. Probabilities
are calibrated: the temperature (Guo et al. 2017, "On calibration of modern neural networks") is in the heads.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from object2vec.encoder import Vectors
from object2vec.model.artefact import Artefact, Weights
from object2vec.model.bags import Bags, Lengths, Rows, mean_bags, pool
from object2vec.model.towers import unit

_FIRST, _SECOND = 0x9E3779B1, 0x85EBCA77  # odd numbers that spread (Knuth's and xxHash's)


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
    """None for a model that was trained without categories."""
    return None if artefact.weights.category_head is None else Categoriser(artefact)


def category_logits(weights: Weights, rows: Rows, lengths: Lengths) -> Vectors:
    """(n, C) of n texts as the tokeniser cuts them."""
    heads = (weights.category_grams, weights.category_words, weights.category_head, weights.category_bias)
    grams, words_head, head, bias = heads
    assert grams is not None
    assert words_head is not None
    assert head is not None
    assert bias is not None
    words = unit(pool(weights.words, mean_bags(rows, lengths)))
    logits: Vectors = words @ words_head + pool(grams, gram_bags(rows, lengths, len(grams))) @ head + bias
    return logits


def gram_bags(rows: Rows, lengths: Lengths, buckets: int) -> Bags:
    """The mean of every text's tokens and pairs of neighbours, each in one of the buckets."""
    starts = np.cumsum(lengths) - lengths
    tokens = rows.astype(np.uint64)
    ones = tokens * np.uint64(_FIRST) % np.uint64(2**32)
    joined = np.zeros(len(rows), bool)
    joined[1:] = True
    joined[starts[lengths > 0]] = False  # the first token of a text has no left neighbour
    left = np.roll(tokens, 1) + np.uint64(1)
    pairs = (left * np.uint64(_SECOND) ^ ones) * np.uint64(_FIRST) % np.uint64(2**32)
    both = np.stack([ones, pairs], axis=1)
    kept = np.stack([np.ones(len(rows), bool), joined], axis=1)
    hashed = (both >> np.uint64(7)) % np.uint64(buckets)
    return mean_bags(hashed[kept].astype(np.int32), 2 * lengths - (lengths > 0))


def softmax(logits: Vectors) -> NDArray[np.float64]:
    """(n, C) rows that sum to 1."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
