"""The head for dense vectors starts where it turns pictures into what their texts say."""

import numpy as np
import pytest

from object2vec.model.retrieval.forward import Weights, mean_bags
from object2vec.model.retrieval.items import DenseVectors, Standardisation
from object2vec.training.features import ItemFeatures
from object2vec.training.vector_alignment import MIN_TEXTS, aligned_head

WORDS, DIM, LENGTH = 60, 8, 50


def shop(
    items: int, noise: float, rng: np.random.Generator, told: bool = True
) -> tuple[Weights, ItemFeatures]:
    """Items of one word each; their vectors are a fixed linear map of it, or say nothing about it."""
    words = rng.normal(0, 1, (WORDS, DIM)).astype(np.float32)
    word_of = rng.integers(0, WORDS, items)
    seen = words[word_of if told else rng.integers(0, WORDS, items)]
    vectors = (seen @ rng.normal(0, 1, (DIM, LENGTH)) + rng.normal(0, noise, (items, LENGTH))).astype(
        np.float32
    )
    dense = DenseVectors(vectors, np.arange(items)).standardised(Standardisation.of(vectors))
    bags = mean_bags(np.arange(WORDS, dtype=np.int32), np.ones(WORDS, np.int64))
    features = ItemFeatures(
        words=bags,
        text_of=word_of,
        content=bags,
        content_of=word_of,
        row_of=np.full(items, -1),
        vectors=dense,
    )
    return Weights(words=words), features


@pytest.mark.parametrize("items", [40, 400])  # fewer and more than the vectors have numbers
def test_a_picture_points_to_its_word(items):
    weights, features = shop(items, 0.3, np.random.default_rng(0))
    head = aligned_head(weights, features, np.random.default_rng(1))
    assert head is not None
    assert head.shape == (LENGTH, DIM)
    shown = features.vectors.matrix @ head
    wanted = weights.words - weights.words.mean(axis=0)
    nearest = (shown @ (wanted / np.linalg.norm(wanted, axis=1, keepdims=True)).T).argmax(axis=1)
    assert (nearest == features.text_of).mean() > 0.9


def test_vectors_that_say_nothing_about_texts_get_no_head():
    weights, features = shop(400, 0.3, np.random.default_rng(0), told=False)
    assert aligned_head(weights, features, np.random.default_rng(1)) is None


def test_too_few_texts_get_no_head():
    weights, features = shop(MIN_TEXTS - 1, 0.0, np.random.default_rng(0))
    assert aligned_head(weights, features, np.random.default_rng(1)) is None
