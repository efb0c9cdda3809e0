"""The head for dense vectors starts where it turns pictures into what their texts say."""

from dataclasses import replace

import numpy as np
import pytest

from object2vec.model.retrieval.forward import Weights, mean_bags
from object2vec.model.retrieval.items import DenseVectors, Standardisation, item_sums
from object2vec.training.features import ItemFeatures
from object2vec.training.vector_alignment import MIN_TEXTS, aligned_head

WORDS, DIM, LENGTH = 60, 8, 50


def shop(
    items: int, noise: float, rng: np.random.Generator, told: bool = True
) -> tuple[Weights, ItemFeatures]:
    """Items of one word each; their vectors are a fixed linear map of it, or unrelated to it."""
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
    aligned = aligned_head(weights, features, np.random.default_rng(1))
    assert aligned is not None
    assert aligned.head.shape == (LENGTH, DIM)
    shown = features.vectors.matrix @ aligned.head
    wanted = weights.words - weights.words.mean(axis=0)
    nearest = (shown @ (wanted / np.linalg.norm(wanted, axis=1, keepdims=True)).T).argmax(axis=1)
    assert (nearest == features.text_of).mean() > 0.9


def test_vectors_that_say_nothing_about_texts_get_no_head():
    weights, features = shop(400, 0.3, np.random.default_rng(0), told=False)
    assert aligned_head(weights, features, np.random.default_rng(1)) is None


def test_too_few_texts_get_no_head():
    weights, features = shop(MIN_TEXTS - 1, 0.0, np.random.default_rng(0))
    assert aligned_head(weights, features, np.random.default_rng(1)) is None


def test_the_bias_is_the_mean_text_each_counted_once():
    weights, features = shop(400, 0.3, np.random.default_rng(0))
    many = np.concatenate([np.zeros(300, np.int64), features.text_of[300:]])  # most items share one text
    features = replace(features, text_of=many, content_of=many)
    aligned = aligned_head(weights, features, np.random.default_rng(1))
    distinct = weights.words[np.unique(many)]
    np.testing.assert_allclose(aligned.bias, distinct.mean(axis=0), atol=1e-4)


def test_a_model_puts_an_item_without_words_where_its_picture_and_the_bias_say():
    weights, features = shop(400, 0.3, np.random.default_rng(0))
    aligned = aligned_head(weights, features, np.random.default_rng(1))
    weights = replace(weights, vector_head=aligned.head, vector_bias=aligned.bias)
    bare = mean_bags(np.zeros(0, np.int32), np.zeros(1, np.int64))
    nothing = np.zeros(len(features.text_of), np.int64)
    alone = item_sums(weights, replace(features, content=bare, content_of=nothing))
    shown = features.vectors.matrix @ aligned.head
    np.testing.assert_allclose(alone, shown + aligned.bias, atol=1e-5)
    both = item_sums(weights, features)  # with words there is no bias
    np.testing.assert_allclose(both, shown + weights.words[features.text_of], atol=1e-5)
